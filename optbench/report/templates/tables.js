// The table of every run, and tables that sort.
(() => {
  const CHUNK = 100;

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  function number(value, column) {
    if (value === null) return "–";
    if (column.endsWith("accuracy")) return (100 * value).toFixed(1);
    return (Number.isInteger(value) ? value.toLocaleString("en") : value.toPrecision(3)).replace(/^-/, "−");
  }

  async function everyRun(table) {
    const { columns, texts, jobs, rows } = JSON.parse(await report.unpack(table.dataset.rows));
    const body = table.tBodies[0], count = document.getElementById("runs-count");
    const filter = document.getElementById("runs-filter"), box = table.parentElement;
    const cell = (row, place) => (columns[place] in texts ? texts[columns[place]][row[place]] : row[place]);
    const commandOf = (row) => `${jobs[row.at(-1)]} 'seeds=[${row[columns.indexOf("seed")]}]'`;
    const searched = rows.map((row) => Object.keys(texts).map((name) => cell(row, columns.indexOf(name))).join(" ").toLowerCase());
    let chosen = rows, shown = 0;

    function line(row) {
      const tr = document.createElement("tr");
      columns.forEach((name, place) => {
        const td = tr.insertCell();
        td.dataset.label = name.endsWith("accuracy") ? `${name}, %` : name;
        td.textContent = name in texts ? cell(row, place) : number(row[place], name);
        if (!(name in texts)) td.className = "number";
      });
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "copy command";
      button.addEventListener("click", async () => {
        await copy(commandOf(row));
        button.textContent = "copied";
        setTimeout(() => (button.textContent = "copy command"), 1500);
      });
      tr.insertCell().append(button);
      return tr;
    }

    function more() {
      body.append(...chosen.slice(shown, shown + CHUNK).map(line));
      shown = Math.min(shown + CHUNK, chosen.length);
      count.textContent = `${chosen.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} run${rows.length === 1 ? "" : "s"}`;
    }

    function again() {
      body.replaceChildren();
      box.scrollTop = 0;
      shown = 0;
      more();
    }

    function sort(place, rising) {
      const sign = rising ? 1 : -1;
      chosen = [...chosen].sort((a, b) => {
        const [one, other] = [cell(a, place), cell(b, place)];
        if (one === null || other === null) return (one === null) - (other === null);
        return sign * (typeof one === "string" ? one.localeCompare(other, "en", { numeric: true }) : one - other);
      });
    }

    let order = null;
    const choose = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      chosen = rows.filter((_, place) => words.every((word) => searched[place].includes(word)));
      if (order) sort(order.place, order.rising);
      again();
    };
    table.tHead.rows[0].replaceChildren(
      ...columns.map((name, place) => {
        const th = document.createElement("th"), button = document.createElement("button");
        th.scope = "col";
        if (!(name in texts)) th.className = "number";
        button.type = "button";
        button.textContent = name.endsWith("accuracy") ? `${name}, %` : name;
        button.addEventListener("click", () => {
          order = { place, rising: !(order && order.place === place && order.rising) };
          for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
          th.setAttribute("aria-sort", order.rising ? "ascending" : "descending");
          sort(order.place, order.rising);
          again();
        });
        th.append(button);
        return th;
      }),
      document.createElement("td"),
    );
    filter.addEventListener("input", choose);
    box.addEventListener("scroll", () => {
      if (box.scrollTop + box.clientHeight > box.scrollHeight - 400 && shown < chosen.length) more();
    });
    choose();
  }

  // Tables of results are sorted by the numbers behind their cells.
  function makeSortable(table) {
    const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
    const key = (row, place) => row.cells[place].dataset.sort ?? row.cells[place].textContent.trim();
    heads.forEach((th, place) => {
      if ([...body.rows].every((row) => !key(row, place))) return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = th.textContent;
      th.replaceChildren(button);
      button.addEventListener("click", () => {
        const rising = th.getAttribute("aria-sort") !== "ascending", sign = rising ? 1 : -1;
        for (const other of heads) other.removeAttribute("aria-sort");
        th.setAttribute("aria-sort", rising ? "ascending" : "descending");
        const number = (text) => (text === "inf" ? Infinity : text === "" ? NaN : Number(text));
        const compare = (one, other) => {
          const [a, b] = [number(one), number(other)];
          return Number.isNaN(a) || Number.isNaN(b) ? one.localeCompare(other, "en", { numeric: true }) : a === b ? 0 : a - b;
        };
        body.append(...[...body.rows].sort((a, b) => sign * compare(key(a, place), key(b, place))));
      });
    });
  }
  report.eachPart((root) => root.querySelectorAll("table.sortable").forEach(makeSortable));

  // The table waits until it is nearly seen: a page of many runs opens at once.
  const table = document.getElementById("every-run");
  if (table) {
    const seen = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        seen.disconnect();
        everyRun(table);
      },
      { rootMargin: "600px" },
    );
    seen.observe(table.parentElement);
  }
})();
