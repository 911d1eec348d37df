// Labeling without a mouse: a number or a few letters choose a label, Enter submits it, and the next message comes.
import { areOn, available, command, isTyping } from "./keys.js";

const root = () => document.querySelector("[data-annotator]");
const form = () => root()?.querySelector("form.labels");
const finder = () => root()?.querySelector("[data-finds-label]");
const rows = () => [...(root()?.querySelectorAll("[data-label-row]:not([hidden])") ?? [])];
const radio = (row) => row.querySelector("input[type=radio]");

function choose(row) {
  if (!row) return false;
  radio(row).checked = true;
  row.scrollIntoView({ block: "nearest" });
  document.getElementById("news").textContent = `${row.querySelector(".label-name").textContent} chosen`;
  return true;
}

const chosen = () => rows().find((row) => radio(row).checked);

function submit() {
  if (!form() || (finder()?.value && !choose(chosen() ?? rows()[0]))) return false;
  form().requestSubmit(form().querySelector("[data-submits-label]"));
  return true;
}

// What is shown is numbered anew, so that a few letters and a number choose too.
function narrow() {
  const words = finder().value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of root().querySelectorAll("[data-label-row]")) {
    row.hidden = !words.every((word) => row.dataset.words.includes(word));
  }
  rows().forEach((row, place) => { row.querySelector("[data-number]").textContent = place < 9 ? place + 1 : ""; });
  root().querySelector("[data-no-label]").hidden = rows().length > 0;
  if (words.length) choose(rows()[0]);
}

function move(step) {
  const all = rows();
  const place = all.findIndex((row) => radio(row).checked);
  return choose(all[Math.min(all.length - 1, Math.max(0, place + step))]);
}

function onFinderKey(event) {
  if (event.key === "Enter") submit();
  else if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (/^[1-9]$/.test(event.key)) choose(rows()[event.key - 1]);
  else if (event.key === "Escape") {
    finder().value = "";
    narrow();
    finder().blur();
  } else return;
  event.preventDefault();
}

// A letter that is no command begins the search for a label; keys.js has the last word on the others.
function onPageKey(event) {
  if (/^[1-9]$/.test(event.key)) {
    if (choose(rows()[event.key - 1])) event.preventDefault();
    return;
  }
  const isCommand = areOn() && available().some((each) => each.key === event.key);
  if (isCommand || !/^\p{L}$/u.test(event.key)) return;
  finder().focus(); // the letter itself arrives there
}

function onFlagKey(event) {
  const dialog = event.target.closest?.("dialog.flag-dialog[open]");
  if (!dialog || isTyping(event.target)) return;
  const button = dialog.querySelector(`[data-letter="${event.key.toLowerCase()}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
}

document.addEventListener("keydown", (event) => {
  if (!form() || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === finder()) onFinderKey(event);
  else if (document.querySelector("dialog[open]")) onFlagKey(event);
  else if (!isTyping(event.target)) onPageKey(event);
});
document.addEventListener("input", (event) => event.target === finder() && narrow());
command("submit-label", { key: "Enter", label: "Submit the label, next message", when: () => Boolean(form()), run: submit });

// The next message: its reader starts at its head, and its own keys count from there.
document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.detail.target?.matches?.("[data-annotator], #annotator")) return;
  root()?.querySelector("#message-head")?.focus({ preventScroll: true });
  scrollTo({ top: 0 });
});

// A function of the words that are selected. A press on the link itself would end the selection before it is followed.
const question = () => root()?.querySelector("[data-question]");
const newFunction = () => root()?.querySelector("[data-new-function]");

const selectedWords = () => {
  const selection = getSelection();
  const isInside = question()?.contains(selection.anchorNode) && question().contains(selection.focusNode);
  return isInside ? selection.toString().trim().replace(/\s+/g, " ") : "";
};

// Word by word from the first, and by Shift as many more: the browser itself selects none without a mouse.
function selectWord(isMore) {
  const selection = getSelection();
  if (!selectedWords()) selection.collapse(question(), 0);
  else if (!isMore) selection.collapseToEnd();
  if (!isMore) {
    selection.modify("move", "forward", "word");
    selection.modify("move", "backward", "word");
  }
  selection.modify("extend", "forward", "word");
  if (!selectedWords()) selection.removeAllRanges(); // behind the last word it begins anew
  document.getElementById("news").textContent = selectedWords() ? `${selectedWords()} selected` : "Nothing selected";
}

document.addEventListener("selectionchange", () => {
  const link = newFunction();
  if (!link) return;
  const words = selectedWords();
  link.hidden = !words;
  if (words) link.dataset.keyword = words.slice(0, 200);
});
document.addEventListener("mousedown", (event) => {
  if (event.target.closest?.("[data-new-function]")) event.preventDefault();
});

// The label is the one that is chosen when the link is followed, not when the words were selected.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-new-function]");
  if (!link) return;
  const address = new URL(link.href);
  // The browser tells of a selection a little later: who is quicker is asked directly.
  address.searchParams.set("keyword", selectedWords().slice(0, 200) || link.dataset.keyword);
  if (chosen()) address.searchParams.set("label", radio(chosen()).value);
  link.href = address.href;
});
command("select-word", { key: "w", label: "Select the next word", when: () => Boolean(newFunction()), run: () => selectWord(false) });
command("select-more", { key: "W", label: "Select one word more", when: () => Boolean(newFunction()), run: () => selectWord(true) });
