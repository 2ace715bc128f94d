// Figures: values under the pointer, and hiding by the legend. Without JavaScript they are static.
const legends = (() => {
  const LIMIT = 40;  // pixels from the pointer to the nearest point that is shown
  const VALUES = ["median", "expected", "value", "share"];
  const NAMES = ["setting", "optimizer", "contender", "name"];
  const find = (row, names) => names.find((name) => name in row);

  // The position in points of a value on an axis of a figure.
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

  // What a figure has on its x axis: a column of its data.
  function columnOf(figure, row) {
    if (figure.dataset.x) return figure.dataset.x;
    if ("step" in row) return figure.dataset.name.includes("-time-") ? "seconds" : "step";
    return find(row, ["learning_rate", "trials", "tau"]);
  }

  async function hover(event, figure, svg) {
    if (figure.dataset.name.startsWith("own-") || !svg.dataset.axes) return;
    const rows = await report.shownRows(figure);
    if (!rows.length) return;
    const x = columnOf(figure, rows[0]), y = find(rows[0], VALUES), name = find(rows[0], NAMES);
    if (!x || !y || !name) return;
    const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
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
    tip.textContent = `${row[name]}, ${where} ${report.format(+row[x])}: ${report.format(+row[y], row.metric)}`;
    tip.style.left = `${Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${event.clientY - tip.offsetHeight - 8}px`;
  }

  document.addEventListener("pointermove", (event) => {
    const svg = event.target.closest?.("figure svg.figure");
    if (svg) hover(event, svg.closest("figure"), svg);
    else tip.hidden = true;
  });

  // A click hides a name in all figures; a double click leaves only it. A name may have another color in each section.
  const style = document.head.appendChild(document.createElement("style"));
  const entries = [], colors = new Map();  // of each section: colors by name
  let isolated = "";
  const selectorOf = (element) => {
    const key = element.closest("section[aria-labelledby]")?.getAttribute("aria-labelledby");
    return key ? `section[aria-labelledby="${CSS.escape(key)}"]` : "section.curve";
  };

  function show() {
    style.textContent = [...colors]
      .flatMap(([section, byName]) => [...hidden].filter((name) => byName.has(name)).map((name) => [section, byName.get(name)]))
      .map(([section, color]) => `${section} .part:not([id$="-regions"]) svg.figure [style*="${color}"], ${section}.part svg.figure [style*="${color}"] { display: none }`)
      .join("\n");
    for (const entry of entries) entry.firstElementChild.setAttribute("aria-pressed", String(!hidden.has(entry.dataset.name)));
  }

  function addEntry(entry) {
    const section = selectorOf(entry), name = entry.dataset.name;
    if (!colors.has(section)) colors.set(section, new Map());
    colors.get(section).set(name, entry.dataset.color);
    entries.push(entry);
    const button = document.createElement("button");
    button.type = "button";
    button.title = "Click to hide, double-click to show only this one";
    button.append(...entry.childNodes);
    entry.append(button);
    button.addEventListener("click", (event) => {
      if (event.detail < 2) hidden.has(name) ? hidden.delete(name) : hidden.add(name);
      else {
        hidden.clear();
        isolated = isolated === name ? "" : name;
        const names = new Set([...colors.values()].flatMap((byName) => [...byName.keys()]));
        for (const other of isolated ? names : []) if (other !== name) hidden.add(other);
      }
      show();
    });
  }

  report.eachPart((root) => {
    root.querySelectorAll(".legend li[data-name]").forEach(addEntry);
    show();
  });

  return { colorOf: (figure, name) => colors.get(selectorOf(figure))?.get(name) };
})();
