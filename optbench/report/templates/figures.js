const figures = {};  // what switches.js needs

// Figures: values under the pointer, hiding by the legend, other axes. Without JavaScript they are static.
(() => {
  const LIMIT = 40;  // pixels from the pointer to the nearest point that is shown

  // One line of CSV: fields with commas are quoted.
  const fields = (line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) => (m[1] ?? m[2]).replace(/""/g, '"'));

  async function rowsOf(figure) {
    const holder = figure.dataset.csv ? figure : document.querySelector(`[data-name="${CSS.escape(figure.dataset.csvOf)}"][data-csv]`);
    const [head, ...lines] = (await unpacked(holder.dataset.csv)).trimEnd().split("\n");
    const names = fields(head);
    return lines.map((line) => {
      const cells = fields(line);
      return Object.fromEntries(names.map((name, place) => [name, cells[place]]));
    });
  }

  const VALUES = ["median", "expected", "value", "share"];
  const NAMES = ["setting", "optimizer", "contender", "name"];
  const find = (row, names) => names.find((name) => name in row);

  const format = (value, metric) =>
    metric && metric.endsWith("accuracy") ? `${(100 * value).toFixed(1)} %` : Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 }).replace(/^-/, "−");

  // The ends of an axis in points and in the unit of its data.
  function axis([from, to, low, high, scale]) {
    const f = scale === "log" ? Math.log : (value) => value;
    const [start, span] = [f(+low), f(+high) - f(+low)];
    return (value) => +from + ((+to - +from) * (f(value) - start)) / span;
  }

  function axesOf(svg) {
    const words = svg.dataset.axes.split(" ");
    return { x: axis(words.slice(0, 5)), y: axis(words.slice(5)) };
  }

  const hidden = new Set();
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);

  const loaded = new WeakMap();
  async function pointsOf(figure) {
    if (!loaded.has(figure)) loaded.set(figure, rowsOf(figure));
    return await loaded.get(figure);
  }

  // What a figure has on its x axis: a column of its data.
  function columnOf(figure, row) {
    if (figure.dataset.x) return figure.dataset.x;
    if ("step" in row) return figure.dataset.name.includes("-time-") ? "seconds" : "step";
    return find(row, ["learning_rate", "trials", "tau"]);
  }

  async function hover(event, figure, svg) {
    const rows = await pointsOf(figure);
    if (!rows.length || !svg.dataset.axes) return;
    const x = columnOf(figure, rows[0]), y = find(rows[0], VALUES), name = find(rows[0], NAMES);
    if (!x || !y || !name) return;
    const box = svg.getBoundingClientRect(), width = svg.viewBox.baseVal.width, scale = box.width / width;
    const axes = axesOf(svg), last = Math.max(...rows.map((row) => +row.seconds || 0));
    const size = x === "seconds" && !figure.dataset.x ? [1, 1e-3, 1e-6, 1e-9].find((unit) => last >= unit) || 1e-9 : 1;
    let best = null;
    for (const row of rows) {
      if (hidden.has(row[name]) || row[y] === "" || row[x] === "") continue;
      const [dx, dy] = [box.left + scale * axes.x(+row[x] / size) - event.clientX, box.top + scale * axes.y(+row[y]) - event.clientY];
      const distance = Math.hypot(dx, dy);
      if (distance < LIMIT && (!best || distance < best.distance)) best = { row, distance };
    }
    tip.hidden = !best;
    if (!best) return;
    const row = best.row, where = x.replace("_", " ");
    tip.textContent = `${row[name]}, ${where} ${format(+row[x])}: ${format(+row[y], row.metric)}`;
    tip.style.left = `${Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${event.clientY - tip.offsetHeight - 8}px`;
  }

  Object.assign(figures, { pointsOf, colorOf: (name) => colorOf.get(name), format });

  for (const figure of document.querySelectorAll("figure")) {
    figure.addEventListener("pointermove", (event) => {
      const svg = event.target.closest("svg.figure");
      if (svg) hover(event, figure, svg);
      else tip.hidden = true;
    });
    figure.addEventListener("pointerleave", () => (tip.hidden = true));
  }

  // A click hides a color in all figures; a double click leaves only it.
  const style = document.head.appendChild(document.createElement("style"));
  const entries = [...document.querySelectorAll(".legend li[data-name]")];
  let isolated = "";
  const colorOf = new Map(entries.map((entry) => [entry.dataset.name, entry.dataset.color]));

  function show() {
    const colors = new Set([...hidden].map((name) => colorOf.get(name)));
    style.textContent = [...colors].map((color) => `.part:not([id$="-regions"]) svg.figure [style*="${color}"] { display: none }`).join("\n");
    for (const entry of entries) entry.firstElementChild.setAttribute("aria-pressed", String(!hidden.has(entry.dataset.name)));
  }

  for (const entry of entries) {
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Click to hide, double-click to show only this one";
    button.append(...entry.childNodes);
    entry.append(button);
    button.addEventListener("click", (event) => {
      const name = entry.dataset.name, names = [...colorOf.keys()];
      if (event.detail < 2) hidden.has(name) ? hidden.delete(name) : hidden.add(name);
      else {
        hidden.clear();
        isolated = isolated === name ? "" : name;
        for (const other of isolated ? names : []) if (colorOf.get(other) !== colorOf.get(name)) hidden.add(other);
      }
      show();
    });
  }
  show();
})();
