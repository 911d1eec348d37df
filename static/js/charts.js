// Reads a chart aloud, mark by mark: by hovering, or with the arrow keys once it has the focus. Without this, marks say
// their figures as titles, and the table below has them all.

const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

const marks = (plot) => [...plot.querySelectorAll("[data-told]")];

function tell(plot, mark) {
  plot.querySelector(".at")?.classList.remove("at");
  mark?.classList.add("at");
  plot.querySelector(".reading").textContent = mark?.dataset.told ?? "";
}

function nearest(plot, { clientX, clientY }) {
  const away = (mark) => {
    const box = mark.getBoundingClientRect();
    const x = Math.max(box.left - clientX, 0, clientX - box.right);
    const y = Math.max(box.top - clientY, 0, clientY - box.bottom);
    return Math.hypot(x, y);
  };
  return marks(plot).reduce((best, mark) => (!best || away(mark) < away(best) ? mark : best), null);
}

function walk(event) {
  const plot = event.target.closest?.(".plot");
  if (!plot || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = marks(plot);
  const at = all.indexOf(plot.querySelector(".at"));
  const to = { Home: 0, End: all.length - 1 }[event.key] ?? (event.key in KEYS ? at + KEYS[event.key] : null);
  if (event.key === "Escape") tell(plot, null);
  if (to === null || !all.length) return;
  event.preventDefault();
  tell(plot, all[Math.min(Math.max(to, 0), all.length - 1)]);
}

function hover(event) {
  const plot = event.target.closest?.(".plot");
  if (plot) tell(plot, nearest(plot, event));
}

function leave(event) {
  const plot = event.target.closest?.(".plot");
  if (plot && !plot.contains(event.relatedTarget) && document.activeElement !== plot) tell(plot, null);
}

function blur(event) {
  if (event.target.matches?.(".plot")) tell(event.target, null);
}

function prepare() {
  for (const plot of document.querySelectorAll(".plot:not([tabindex])")) {
    if (!marks(plot).length) continue;
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", `${plot.querySelector("svg").getAttribute("aria-label")}. Arrow keys read each point.`);
  }
}

document.addEventListener("keydown", walk);
document.addEventListener("pointermove", hover);
document.addEventListener("pointerout", leave);
document.addEventListener("focusout", blur);
document.addEventListener("htmx:afterSettle", prepare);
prepare();
