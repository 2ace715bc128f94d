"use strict";
// What the other scripts share: compressed data, the rows of CSV, and sections that are added to the page later.
const report = (() => {
  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return await new Response(stream).text();
  }

  // One line of CSV: fields with commas are quoted.
  const fields = (line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((m) => (m[1] ?? m[2]).replace(/""/g, '"'));

  function parse(csv) {
    const [head, ...lines] = csv.trimEnd().split("\n"), names = fields(head);
    return lines.map((line) => {
      const cells = line.includes('"') ? fields(line) : line.split(",");
      return Object.fromEntries(names.map((name, place) => [name, cells[place]]));
    });
  }

  // The CSV of a figure: its own, or that of the figure with the same data.
  function csvOf(figure) {
    const name = figure.dataset.csvOf;
    const { csv, plainCsv } = (name ? document.querySelector(`figure[data-name="${CSS.escape(name)}"]`) : figure).dataset;
    return plainCsv ?? unpack(csv);
  }

  const loaded = new WeakMap();

  // All rows of a figure's data.
  async function rowsOf(figure) {
    if (!loaded.has(figure)) loaded.set(figure, (async () => parse(await csvOf(figure)))());
    return await loaded.get(figure);
  }

  // The rows that a figure shows: those of its split and metric, where its data have several.
  async function shownRows(figure) {
    const rows = await rowsOf(figure), shown = figure.dataset.shown;
    return shown ? rows.filter((row) => `${row.split} ${row.metric}` === shown) : rows;
  }

  // The CSV of what a figure shows, for a spreadsheet: a text that it would take for a formula gets a quote.
  async function shownCsv(figure) {
    const [head, ...lines] = (await csvOf(figure)).trimEnd().split("\n").map(fields), shown = figure.dataset.shown;
    const places = ["split", "metric"].map((name) => head.indexOf(name));
    const rows = shown ? lines.filter((cells) => places.map((place) => cells[place]).join(" ") === shown) : lines;
    const safe = (cell) => (/^\s*[=+\-@]/.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell);
    const quoted = (cell) => (/[",\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell);
    return [head, ...rows].map((cells) => `${cells.map((cell) => quoted(safe(cell))).join(",")}\n`).join("");
  }

  const prepared = [];

  // Call a function for the page, and again for each section that is added to it.
  function eachPart(prepare) {
    prepared.push(prepare);
    prepare(document);
  }

  // Sections of a large page are compressed. Each is written into the page when it comes near the window.
  async function open(box) {
    const text = box.dataset.packed;
    if (!text) return;
    delete box.dataset.packed;
    box.innerHTML = await unpack(text);
    for (const prepare of prepared) prepare(box);
  }

  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        open(target);
      }
    },
    { rootMargin: "600px" },
  );
  const packed = [...document.querySelectorAll("[data-packed]")];
  for (const box of packed) near.observe(box);

  // What is folded is not found by a search in the page and not printed.
  const all = document.getElementById("open-all");
  if (all) {
    all.hidden = false;
    all.addEventListener("click", async () => {
      document.querySelectorAll("details.fold").forEach((fold) => (fold.open = true));
      for (const box of packed) await open(box);
      all.hidden = true;
    });
  }

  // A link to a place inside a section that is folded or compressed opens it.
  async function reveal() {
    const id = decodeURIComponent(location.hash.slice(1));
    const box = [...document.querySelectorAll("[data-packed]")].find((one) => id.startsWith(`${one.dataset.of}-`));
    if (box) await open(box);
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
  addEventListener("beforeprint", () => document.querySelectorAll("details.fold").forEach((fold) => (fold.open = true)));

  const number = (value) => Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 }).replace(/^-/, "−");
  const format = (value, metric) => (metric && metric.endsWith("accuracy") ? `${(100 * value).toFixed(1)} %` : number(value));

  return { unpack, shownCsv, rowsOf, shownRows, parse, eachPart, format };
})();
