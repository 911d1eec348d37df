// Lists of cases: j, k and o; what is selected stays selected when the list comes anew.
import { command } from "./keys.js";

let at = null;
let stood = 0; // the place of the case one is at: when it leaves the list, the next one stands there
const selected = new Set();

const list = () => document.querySelector("[data-list]");
const rows = () => [...(list()?.querySelectorAll("li[data-case]") ?? [])];
const isCasePage = () => Boolean(document.querySelector("[data-case-page]"));

function here() {
  const current = isCasePage() && !at ? document.querySelector("[data-case-page]").dataset.casePage : at;
  return rows().findIndex((row) => row.dataset.case === current);
}

function mark() {
  stood = here() === -1 ? stood : here();
  for (const row of rows()) row.classList.toggle("is-at", row.dataset.case === at);
}

function move(step) {
  const all = rows();
  if (!all.length) return false;
  const place = here();
  const wanted = place === -1 ? stood + Math.min(0, step) : place + step;
  const next = all[Math.min(all.length - 1, Math.max(0, wanted))];
  if (isCasePage()) {
    if (place !== -1 && next === all[place]) return false;
    next.querySelector("a").click();
    return true;
  }
  at = next.dataset.case;
  mark();
  const link = next.querySelector("a");
  link.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function open() {
  const row = rows()[here()];
  if (!row || isCasePage()) return false;
  row.querySelector("a").click();
  return true;
}

function select() {
  const box = rows()[here()]?.querySelector("input[type=checkbox]");
  if (!box) return false;
  box.click();
  return true;
}

const hasList = () => rows().length > 0;
command("next", { key: "j", label: "Next case", when: hasList, run: () => move(1) });
command("previous", { key: "k", label: "Previous case", when: hasList, run: () => move(-1) });
command("open", { key: "o", label: "Open the case", when: () => hasList() && !isCasePage(), run: open });
command("open-enter", { key: "Enter", label: "Open the case", when: () => hasList() && !isCasePage(), run: open });
command("select", { key: "x", label: "Select the case", when: () => Boolean(document.getElementById("bulk")), run: select });

function count() {
  const output = document.getElementById("n-selected");
  if (output) output.textContent = selected.size === 1 ? "1 case" : `${selected.size} cases`;
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches?.("[data-submits]")) box.form.requestSubmit();
  if (box.name !== "cases") return;
  if (box.checked) selected.add(box.value);
  else selected.delete(box.value);
  count();
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("li.row[data-case]");
  if (!row) return;
  at = row.dataset.case;
  mark();
});

document.addEventListener("htmx:afterSwap", () => {
  for (const box of document.querySelectorAll("input[name=cases]")) box.checked = selected.has(box.value);
  mark();
});

for (const box of document.querySelectorAll("input[name=cases]:checked")) selected.add(box.value);
count();
mark();
document.querySelector(".cases [aria-current]")?.scrollIntoView({ block: "nearest" });
