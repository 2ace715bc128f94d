// Switches of a learning curve: its metric, the x axis, the scale, a part of it, single seeds. It is drawn from its data.
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const UNITS = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];
  const PARTS = [["all", 0], ["last half", 0.5], ["last tenth", 0.9]];  // of the x axis, and where they begin
  const TOP = 12;  // points above the axes, which have no second scale then
  const DRAG = 6;  // points that the pointer has to move to select a part

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

  const known = (text) => text !== undefined && text !== "" && Number.isFinite(+text);
  const ends = (numbers) => numbers.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);

  function grouped(rows, key) {
    const groups = new Map();
    for (const row of rows) groups.has(row[key]) ? groups.get(row[key]).push(row) : groups.set(row[key], [row]);
    return groups;
  }

  async function redraw(figure, svg, state) {
    const { column, log } = state;
    const rows = (await report.shownRows(figure)).filter((row) => known(row.median) && known(row[column]));
    if (!rows.length) return;
    const seeds = state.seeds ? await seedsOf(figure, rows, column) : [];
    const [left, right, , , , bottom, above] = svg.dataset.axes.split(" ").map(Number), top = Math.min(above, TOP);
    const whole = ends(rows.map((row) => +row[column]));
    const [x0, x1] = state.window?.x ?? [whole[0] + state.from * (whole[1] - whole[0]), whole[1]];
    const isInside = (row) => +row[column] >= x0 && +row[column] <= x1;
    const guides = figure.dataset.shown === state.first ? JSON.parse(svg.dataset.guides ?? "[]") : [];
    const shown = rows.filter(isInside).flatMap((row) => [+row.median, +row.q25, +row.q75]);
    const values = [...shown, ...seeds.filter(isInside).map((row) => +row.value), ...(state.from || state.window ? [] : guides.map(([, value]) => value))];
    const [y0, y1] = state.window?.y ?? ends(values.filter((y) => Number.isFinite(y) && (!log || y > 0)));
    if (!(x1 > x0) || !Number.isFinite(y0)) return;
    const f = log ? Math.log : (value) => value;
    const x = (value) => left + ((right - left) * (value - x0)) / (x1 - x0);
    const y = (value) => bottom + ((top - bottom) * (f(value) - f(y0))) / (f(y1) - f(y0) || 1);
    const [size, unit] = column === "seconds" ? UNITS.find(([length]) => whole[1] >= length) || UNITS.at(-1) : [1, column === "step" ? "steps" : "epochs"];
    const metric = rows[0].metric, ink = "fill: var(--ink)", parts = [], id = `${figure.dataset.name}-clip`;
    const clip = create("clipPath", { id });
    clip.append(create("rect", { x: left, y: top - 1, width: right - left, height: bottom - top + 2 }));
    parts.push(clip);
    for (const tick of (log ? logTicks : linearTicks)(y0, y1)) {
      parts.push(create("path", { d: `M${left} ${y(tick)}H${right}`, style: "stroke: var(--rule); stroke-width: .6" }));
      parts.push(create("text", { x: left - 5, y: y(tick) + 3, "text-anchor": "end", "font-size": 8.5, style: ink }, report.format(tick, metric)));
    }
    for (const tick of linearTicks(x0 / size, x1 / size)) {
      parts.push(create("text", { x: x(tick * size), y: bottom + 13, "text-anchor": "middle", "font-size": 8.5, style: ink }, report.format(tick)));
    }
    parts.push(create("path", { d: `M${left} ${top}V${bottom}H${right}`, style: "fill: none; stroke: var(--muted); stroke-width: .7" }));
    parts.push(create("text", { x: (left + right) / 2, y: bottom + 26, "text-anchor": "middle", "font-size": 8.5, style: ink }, unit));
    const inner = create("g", { "clip-path": `url(#${id})` });
    const line = (group, key) => group.map((row) => `${x(+row[column]).toFixed(1)} ${y(known(row[key]) && (!log || +row[key] > 0) ? +row[key] : +row.median).toFixed(1)}`);
    const color = (name) => legends.colorOf(figure, name) ?? "var(--muted)";
    for (const group of grouped(seeds, "run").values()) {
      const path = group.filter((row) => !log || +row.value > 0).map((row) => `${x(+row[column]).toFixed(1)} ${y(+row.value).toFixed(1)}`);
      inner.append(create("path", { d: `M${path.join("L")}`, style: `fill: none; stroke: ${color(group[0].setting)}; stroke-width: .6; stroke-opacity: .5` }));
    }
    for (const [name, all] of grouped(rows, "setting")) {
      const group = all.filter((row) => !log || +row.median > 0);
      inner.append(create("path", { d: `M${[...line(group, "q25"), ...line(group, "q75").reverse()].join("L")}z`, style: `fill: ${color(name)}; fill-opacity: .18` }));
      inner.append(create("path", { d: `M${line(group, "median").join("L")}`, style: `fill: none; stroke: ${color(name)}; stroke-width: 1.7` }));
    }
    for (const [label, value] of guides.filter(([, at]) => at >= y0 && at <= y1)) {
      inner.append(create("path", { d: `M${left} ${y(value)}H${right}`, style: "stroke: var(--muted); stroke-width: .8; stroke-dasharray: 4 3" }));
      inner.append(create("text", { x: right - 1, y: y(value) - 2, "text-anchor": "end", "font-size": 7.5, style: ink }, label));
    }
    svg.replaceChildren(...parts, inner);
    svg.dataset.axes = `${left} ${right} ${x0} ${x1} linear ${bottom} ${top} ${y0} ${y1} ${log ? "log" : "linear"}`;
    figure.dataset.x = column;
  }

  // The curves of single seeds, with the x coordinate that the medians have at the same step.
  async function seedsOf(figure, rows, column) {
    if (!figure.dataset.seeds) return [];
    figure.seeds ??= report.parse(await report.unpack(figure.dataset.seeds));
    const at = new Map(rows.map((row) => [`${row.setting} ${row.step}`, row[column]]));
    return figure.seeds
      .filter((row) => `${row.split} ${row.metric}` === figure.dataset.shown)
      .map((row) => ({ ...row, run: `${row.setting} ${row.seed}`, [column]: at.get(`${row.setting} ${row.step}`) }))
      .filter((row) => known(row[column]) && known(row.value));
  }

  function menu(label, choices, chosen, choose) {
    const box = document.createElement("select");
    box.setAttribute("aria-label", label);
    for (const [text, value] of choices) box.add(new Option(text, value, false, value === chosen));
    box.addEventListener("change", () => choose(box.value));
    return box;
  }

  function toggle(text, isOn, choose) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.setAttribute("aria-pressed", String(isOn));
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") === "false";
      button.setAttribute("aria-pressed", String(on));
      choose(on);
    });
    return button;
  }

  const isPositive = (rows) => rows.every((row) => !known(row.median) || +row.median > 0);
  const WORDS = { valid: "validation", train: "training" };
  const inWords = (shown) => shown.replace(/^\w+/, (split) => WORDS[split] ?? split);

  async function addSwitches(figure) {
    const svg = figure.querySelector("svg.figure"), all = await report.rowsOf(figure), rows = await report.shownRows(figure);
    if (!rows.length || !("step" in rows[0])) return;
    const state = { column: "step", log: svg.dataset.axes.split(" ")[9] === "log", from: 0, window: null, seeds: false, first: figure.dataset.shown };
    const caption = figure.querySelector("figcaption"), title = caption.querySelector("b"), named = title.textContent;
    const box = document.createElement("span");
    box.className = "switches";
    const again = () => {
      back.hidden = !state.window;
      return redraw(figure, svg, state);
    };
    const columns = [["steps", "step"], ["epochs", "epoch"], ["seconds", "seconds"]].filter(([, column]) => rows.some((row) => row[column]));
    const scale = menu("Scale of the y axis", [["logarithmic", "log"], ["linear", "linear"]], state.log ? "log" : "linear", (value) => ((state.log = value === "log"), (state.window = null), again()));
    const part = menu("Part of the curve", PARTS.map(([text, from]) => [text, String(from)]), "0", (from) => ((state.from = +from), (state.window = null), again()));
    const back = document.createElement("button");
    back.type = "button";
    back.textContent = "zoom out";
    back.hidden = true;
    back.addEventListener("click", () => ((state.window = null), again()));
    const metrics = [...new Set(all.map((row) => `${row.split} ${row.metric}`))];
    const seeds = figure.dataset.seeds && toggle("seeds", false, (on) => ((state.seeds = on), again()));
    const choose = async (shown) => {
      figure.dataset.shown = shown;
      title.textContent = named.replace(inWords(state.first), inWords(shown));
      const positive = isPositive(await report.shownRows(figure));
      scale.value = positive && shown.endsWith("loss") ? "log" : "linear";
      scale.hidden = !positive;
      if (seeds) seeds.hidden = shown !== state.first;
      [state.log, state.window] = [scale.value === "log", null];
      await again();
    };
    if (figure.dataset.name === "main-curve" && metrics.length > 1) box.append(menu("Metric and split", metrics.map((shown) => [inWords(shown), shown]), state.first, choose));
    if (columns.length > 1) box.append(menu("Unit of the x axis", columns, "step", (column) => ((state.column = column), (state.window = null), again())));
    scale.hidden = !isPositive(rows);
    box.append(scale, part, ...(seeds ? [seeds] : []), back);
    caption.querySelector(".tools").prepend(box);
    selectParts(figure, svg, (window) => ((state.window = window), again()));
  }

  // A part is selected with the mouse or a pen: on a touch screen the same movement scrolls.
  function selectParts(figure, svg, choose) {
    let start = null;
    const frame = create("rect", { class: "selection" });
    const place = (event) => {
      const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
      const [left, right, , , , bottom, top] = svg.dataset.axes.split(" ").map(Number);
      const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
      return [clamp((event.clientX - box.left) * scale, left, right), clamp((event.clientY - box.top) * scale, top, bottom)];
    };
    const edges = (event) => {
      const end = place(event);
      const [[x0, x1], [y0, y1]] = [0, 1].map((k) => [Math.min(start[k], end[k]), Math.max(start[k], end[k])]);
      return { x0, x1, y0, y1 };
    };
    svg.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch" || event.button !== 0) return;
      start = place(event);
      svg.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    svg.addEventListener("pointermove", (event) => {
      if (!start) return;
      const { x0, x1, y0, y1 } = edges(event);
      for (const [key, value] of Object.entries({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 })) frame.setAttribute(key, value);
      svg.append(frame);
    });
    svg.addEventListener("pointerup", (event) => {
      if (!start) return;
      const { x0, x1, y0, y1 } = edges(event);
      start = null;
      frame.remove();
      if (x1 - x0 < DRAG) return;
      const words = svg.dataset.axes.split(" "), [left, right, low, high, , bottom, top, least, most] = words.map(Number);
      const x = (at) => low + ((at - left) / (right - left)) * (high - low);
      const share = (at) => (bottom - at) / (bottom - top);
      const y = (at) => (words[9] === "log" ? least * (most / least) ** share(at) : least + share(at) * (most - least));
      choose({ x: [x(x0), x(x1)], ...(y1 - y0 < DRAG ? {} : { y: [y(y1), y(y0)] }) });
    });
    svg.addEventListener("pointercancel", () => ((start = null), frame.remove()));
    svg.addEventListener("dblclick", () => choose(null));
  }

  // Data are unpacked when a figure comes near the window, so a large page opens at once.
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      near.unobserve(entry.target);
      addSwitches(entry.target);
    }
  });
  report.eachPart((root) => {
    for (const figure of root.querySelectorAll('figure[data-name="main-curve"], figure[data-name*="-steps-"]')) near.observe(figure);
  });
})();
