// The page of a running study is read again while it is open. It shows a note when nobody writes it any more.
(() => {
  const line = document.getElementById("live"), { written, interval, late } = line.dataset;
  const REST = 10;  // seconds without input, after which reading the page again disturbs nobody
  let used = -Infinity;
  for (const kind of ["pointerdown", "keydown", "input"]) addEventListener(kind, () => (used = performance.now() / 1000));

  const isLate = Date.now() / 1000 - written > late;
  if (isLate) {
    const at = new Date(1000 * written).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
    line.textContent = `Not updated since ${at}: the study was stopped, or ended without a report. The same command goes on with it.`;
    line.classList.add("stale");
  }

  // The browser keeps the scroll position of a page that is read again.
  setInterval(() => {
    if (!document.hidden && performance.now() / 1000 - used > REST) location.reload();
  }, 1000 * (isLate ? 60 : interval));
})();
