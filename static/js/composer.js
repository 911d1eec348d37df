// The composer: modes, marks behind the text, Tab through variables, and no sending of what is half-filled.
import { completion, dismissGhost, drawn } from "./ghost.js";
import { selectVariable, variables } from "./editor.js";
import { openDismissal } from "./dismissing.js";
import { insertCompletion } from "./suggestion.js";

let tabMovesOn = false; // after Esc, until something is typed

export const composer = () => document.querySelector("[data-composer]");

export function activeField() {
  return composer()?.querySelector(document.getElementById("mode-note")?.checked ? "#note-body" : "#reply-body");
}

function draw(field) {
  const backdrop = field.previousElementSibling;
  const pieces = [];
  let from = 0;
  for (const { start, end } of variables(field.value)) {
    const mark = document.createElement("mark");
    mark.textContent = field.value.slice(start, end);
    pieces.push(field.value.slice(from, start), mark);
    from = end;
  }
  pieces.push(field.value.slice(from));
  const ghost = field.id === "reply-body" ? drawn(field) : "";
  const hint = field.form.querySelector("[data-hint]");
  const words = ghost ? "Tab inserts the grey text, Esc declines it." : hint.dataset.hint;
  if (hint.textContent !== words) hint.textContent = words;
  if (ghost) {
    const span = document.createElement("span");
    span.className = "ghost";
    span.textContent = ghost;
    pieces.push(span);
  }
  backdrop.replaceChildren(...pieces, "\n");
  if (field.id === "reply-body") tellUnfilled(field);
}

function tellUnfilled(field) {
  const missing = variables(field.value);
  const place = document.getElementById("unfilled");
  for (const button of field.form.querySelectorAll("[data-send]")) button.setAttribute("aria-disabled", String(missing.length > 0));
  if (place.dataset.names === JSON.stringify(missing)) return;
  place.dataset.names = JSON.stringify(missing);
  const label = document.createElement("span");
  label.textContent = `${missing.length} to fill in:`;
  const chips = missing.map((each) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.textContent = each.name;
    chip.addEventListener("click", () => {
      field.focus();
      field.setSelectionRange(each.start, each.end);
    });
    return chip;
  });
  place.replaceChildren(...(missing.length ? [label, ...chips] : []));
}

export function redraw() {
  for (const field of composer()?.querySelectorAll("textarea") ?? []) draw(field);
}

function onTab(event, field) {
  if (tabMovesOn) return;
  if (!event.shiftKey && completion(field)) insertCompletion();
  else if (!selectVariable(field, event.shiftKey)) return;
  event.preventDefault();
}

function onEscape(field) {
  tabMovesOn = true;
  if (dismissGhost(field)) openDismissal(field);
  else field.blur();
  redraw();
}

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-composer] textarea") || event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    field.form.querySelector(event.shiftKey ? "[data-send=close]" : "[data-send=send]")?.click();
  } else if (event.key === "Tab" && !event.ctrlKey && !event.altKey) onTab(event, field);
  else if (event.key === "Escape") {
    event.preventDefault();
    onEscape(field);
  }
});

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-composer] textarea")) return;
  tabMovesOn = false;
  draw(event.target);
});

document.addEventListener("focusin", (event) => {
  if (!event.target.matches?.("[data-composer] textarea")) return;
  tabMovesOn = false;
  draw(event.target);
});
document.addEventListener("focusout", (event) => event.target.matches?.("[data-composer] textarea") && draw(event.target));
document.addEventListener("selectionchange", () => {
  if (document.activeElement?.id === "reply-body") draw(document.activeElement);
});

// Before htmx hears of it: what is half-filled is not sent.
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("[data-composer] #reply-body");
  if (!field || !variables(field.value).length) return;
  field.setSelectionRange(0, 0);
  selectVariable(field);
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("change", (event) => event.target.name === "mode" && activeField().focus());
document.addEventListener("click", (event) => {
  const mode = event.target.closest?.("[data-composer] input[name=mode]");
  if (mode) activeField().focus(); // also when it was chosen already
});
document.addEventListener("htmx:afterSettle", redraw);
redraw();
