// Each figure is saved as its data, as SVG and as PNG. Both pictures have the light colors, a title and the legend.
(() => {
  const LIGHT = {{ page_colors | tojson }};
  const PIXELS = 4;  // of a PNG, for each point of the figure

  function save(name, content) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // A figure on its own has no page to take colors, font, title and legend from: they are put into it.
  function standalone(figure) {
    const svg = figure.querySelector("svg.figure").cloneNode(true);
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const keys = [...figure.closest(".part").querySelectorAll(".legend li")].filter((key) => !key.querySelector("[aria-pressed=false]"));
    const top = 18, row = 13, bottom = keys.length * row + (keys.length ? 6 : 0);
    for (const element of svg.querySelectorAll("[style]")) if (isHidden(figure, element)) element.remove();
    const create = (name, attributes, text = "") => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      element.textContent = text;
      return element;
    };
    const ink = LIGHT["--ink"];
    const background = create("rect", { x: 0, y: -top, width, height: height + top + bottom, fill: "#ffffff" });
    const title = create("text", { x: 8, y: -5, "font-size": 10, "font-weight": 600, fill: ink }, figure.querySelector("figcaption b").textContent);
    svg.prepend(create("style", {}, "svg{font-family:system-ui,sans-serif} *{stroke-linejoin:round}"), background, title);
    keys.forEach((key, place) => {
      const y = height + 4 + row * place + row / 2;
      svg.append(create("line", { x1: 8, x2: 24, y1: y, y2: y, "stroke-width": 2, stroke: key.querySelector("i").style.background }));
      svg.append(create("text", { x: 30, y: y + 3, "font-size": 8.5, fill: ink }, key.textContent));
    });
    svg.setAttribute("viewBox", `0 ${-top} ${width} ${height + top + bottom}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height + top + bottom);
    const text = new XMLSerializer().serializeToString(svg);
    return { text: text.replace(/var\((--[\w-]+)\)/g, (_, name) => LIGHT[name]), width, height: height + top + bottom };
  }

  // Whether the legend hides an element: its copy has no place in the page, so the color decides.
  function isHidden(figure, element) {
    const keys = [...figure.closest(".part").querySelectorAll(".legend li[data-color]")];
    return keys.some((key) => key.querySelector("[aria-pressed=false]") && element.getAttribute("style").includes(key.dataset.color));
  }

  async function toPng({ text, width, height }) {
    const picture = new Image();
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await picture.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [PIXELS * width, PIXELS * height].map(Math.round);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  const KINDS = {
    CSV: async (figure) => new Blob([await report.shownCsv(figure)], { type: "text/csv" }),
    SVG: async (figure) => new Blob([standalone(figure).text], { type: "image/svg+xml" }),
    PNG: async (figure) => toPng(standalone(figure)),
  };

  report.eachPart((root) => {
    for (const figure of root.querySelectorAll("figure")) {
      const caption = figure.querySelector("figcaption"), box = document.createElement("span");
      box.className = "tools";
      for (const [kind, make] of Object.entries(KINDS)) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = kind;
        button.setAttribute("aria-label", `Save ${caption.querySelector("b").textContent} as ${kind}`);
        button.addEventListener("click", async () => save(`${figure.dataset.name}.${kind.toLowerCase()}`, await make(figure)));
        box.append(button);
      }
      caption.append(box);
    }
  });
})();
