// Switches of a learning curve: steps, epochs or seconds; logarithmic or linear. The figure is drawn again from its data.
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const UNITS = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];

  const create = (name, attributes, text = "") => {
    const element = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };

  // Round numbers inside an interval: multiples of 1, 2 or 5 times a power of ten.
  function linearTicks(low, high) {
    const rough = (high - low) / 5 || 1, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
    const first = Math.ceil(low / step), count = Math.floor(high / step + 1e-9) - first + 1;
    return Array.from({ length: Math.max(count, 0) }, (_, place) => (first + place) * step);
  }

  function logTicks(low, high) {
    const all = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) for (const factor of [1, 2, 5]) all.push(factor * 10 ** power);
    const inside = all.filter((tick) => tick >= low && tick <= high);
    return inside.length > 7 ? inside.filter((tick) => Math.abs(Math.log10(tick) % 1) < 1e-9) : inside.length > 1 ? inside : linearTicks(low, high).filter((tick) => tick > 0);
  }

  async function redraw(figure, svg, column, log) {
    const rows = (await figures.pointsOf(figure)).filter((row) => [row.median, row[column]].every((text) => text !== "" && Number.isFinite(+text)));
    if (!rows.length) return;
    const [left, right, , , , bottom, top] = svg.dataset.axes.split(" ").map(Number);
    const xs = rows.map((row) => +row[column]);
    const ys = rows.flatMap((row) => [+row.median, +row.q25, +row.q75]).filter((y) => Number.isFinite(y) && (!log || y > 0));
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const f = log ? Math.log : (value) => value;
    const x = (value) => left + ((right - left) * (value - x0)) / (x1 - x0 || 1);
    const y = (value) => bottom + ((top - bottom) * (f(value) - f(y0))) / (f(y1) - f(y0) || 1);
    const [size, unit] = column === "seconds" ? UNITS.find(([length]) => x1 >= length) || UNITS.at(-1) : [1, column === "step" ? "steps" : "epochs"];
    const metric = rows[0].metric, ink = "fill: var(--ink)", parts = [];
    for (const tick of (log ? logTicks : linearTicks)(y0, y1)) {
      parts.push(create("path", { d: `M${left} ${y(tick)}H${right}`, style: "stroke: var(--rule); stroke-width: .6" }));
      parts.push(create("text", { x: left - 5, y: y(tick) + 3, "text-anchor": "end", "font-size": 8.5, style: ink }, figures.format(tick, metric)));
    }
    for (const tick of linearTicks(x0 / size, x1 / size)) {
      parts.push(create("text", { x: x(tick * size), y: bottom + 13, "text-anchor": "middle", "font-size": 8.5, style: ink }, figures.format(tick)));
    }
    parts.push(create("path", { d: `M${left} ${top}V${bottom}H${right}`, style: "fill: none; stroke: var(--muted); stroke-width: .7" }));
    parts.push(create("text", { x: (left + right) / 2, y: bottom + 26, "text-anchor": "middle", "font-size": 8.5, style: ink }, unit));
    for (const [name, group] of Map.groupBy(rows, (row) => row.setting)) {
      const color = figures.colorOf(name) || "var(--muted)";
      const known = group.filter((row) => !log || +row.median > 0);
      const clip = (value, other) => y(Number.isFinite(value) && (!log || value > 0) ? value : other);
      const line = (key) => known.map((row) => `${x(+row[column]).toFixed(1)} ${clip(+row[key], +row.median).toFixed(1)}`);
      parts.push(create("path", { d: `M${[...line("q25"), ...line("q75").reverse()].join("L")}z`, style: `fill: ${color}; fill-opacity: .18` }));
      parts.push(create("path", { d: `M${line("median").join("L")}`, style: `fill: none; stroke: ${color}; stroke-width: 1.7` }));
    }
    svg.replaceChildren(...parts);
    svg.dataset.axes = `${left} ${right} ${x0} ${x1} linear ${bottom} ${top} ${y0} ${y1} ${log ? "log" : "linear"}`;
    figure.dataset.x = column;
  }

  function group(figure, label, choices, chosen, choose) {
    const box = document.createElement("span");
    box.className = "switches";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", label);
    const buttons = choices.map(([text, value]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.setAttribute("aria-pressed", String(value === chosen));
      button.addEventListener("click", () => {
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
        choose(value);
      });
      return button;
    });
    box.append(...buttons);
    return box;
  }

  async function addSwitches(figure) {
    const svg = figure.querySelector("svg.figure"), rows = await figures.pointsOf(figure);
    if (!rows.length || !("step" in rows[0])) return;
    const scale = svg.dataset.axes.split(" ")[9], state = { column: "step", log: scale === "log" };
    const positive = rows.every((row) => row.median === "" || +row.median > 0);
    const again = () => redraw(figure, svg, state.column, state.log);
    const columns = [["steps", "step"], ["epochs", "epoch"], ["seconds", "seconds"]].filter(([, column]) => rows.some((row) => row[column]));
    const caption = figure.querySelector("figcaption");
    caption.append(group(figure, "x axis", columns, "step", (column) => ((state.column = column), again())));
    if (positive) caption.append(group(figure, "y axis", [["log", true], ["linear", false]], state.log, (log) => ((state.log = log), again())));
  }

  // Data are unpacked when a figure comes near the window, so a large page opens at once.
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      near.unobserve(entry.target);
      addSwitches(entry.target);
    }
  });
  for (const figure of document.querySelectorAll('figure[data-name="main-curve"], figure[data-name*="-steps-"]')) near.observe(figure);
  addEventListener("beforeprint", () => document.querySelectorAll("details.fold").forEach((fold) => (fold.open = true)));
})();
