// The suggestion card: insert, undo, alternatives, why. Nothing here waits for the server.
import { card, report } from "./card.js";
import { activeField, redraw } from "./composer.js";
import { openDismissal } from "./dismissing.js";
import { completion } from "./ghost.js";
import * as editor from "./editor.js";

const ARMED_FOR = 5000;
let insertion = null;

// Internal knowledge goes into a public reply only at the second press.
export function mayInsert(source, field) {
  if (source.dataset.internal === undefined || field.id === "note-body" || source.classList.contains("is-armed")) return true;
  for (const armed of document.querySelectorAll(".is-armed")) armed.classList.remove("is-armed");
  source.classList.add("is-armed");
  setTimeout(() => source.classList.remove("is-armed"), ARMED_FOR);
  document.dispatchEvent(new CustomEvent("helpdesk:say", { detail: "Internal only: press again to put it into a public reply." }));
  return false;
}

function insert(source, type, values) {
  const field = activeField();
  if (!field || !mayInsert(source, field)) return;
  insertion = editor.insert(field, source.dataset.text);
  markInserted(type, values);
}

function markInserted(type, values) {
  card()?.setAttribute("data-inserted", "");
  card()?.removeAttribute("data-dismissed");
  redraw();
  report(type, values);
}

export function insertCompletion() {
  const field = activeField();
  if (!field.value) {
    insert(card(), "inserted");
    return;
  }
  const text = completion(field);
  const start = field.selectionEnd;
  document.execCommand("insertText", false, text);
  insertion = { field, inserted: text, after: field.value };
  field.setSelectionRange(start, start);
  if (!editor.selectVariable(field)) field.setSelectionRange(field.value.length, field.value.length);
  markInserted("inserted");
}

function undo() {
  const taken = insertion;
  const wasWriting = document.activeElement === taken?.field;
  insertion = null; // before the browser's undo tells of it
  if (!taken || !editor.undo(taken)) return;
  if (!wasWriting) taken.field.blur();
  card()?.removeAttribute("data-inserted");
  redraw();
  report("insertion_undone");
}

// The browser's own undo took it back, or everything was deleted: it is offered again.
document.addEventListener("input", (event) => {
  const isUndone = event.inputType?.startsWith("history");
  if (event.target !== insertion?.field || event.target.value.includes(insertion.inserted)) return;
  if (!isUndone && event.target.value.trim()) return;
  insertion = null;
  card()?.removeAttribute("data-inserted");
  redraw();
  if (isUndone) report("insertion_undone");
});

function toggleWhy() {
  const why = card().querySelector("[data-why]");
  why.hidden = !why.hidden;
  for (const button of card().querySelectorAll("[data-act=why]")) button.setAttribute("aria-expanded", String(!why.hidden));
  if (why.hidden) return;
  if (why.hasAttribute("hx-get")) htmx.trigger(why, "opened");
  else why.scrollIntoView({ block: "nearest" });
  report("why_opened");
}

const ACTS = {
  insert: () => insert(card(), "inserted"),
  alternative: (button) => insert(button, "alternative_inserted", { rank: button.dataset.rank }),
  undo,
  why: toggleWhy,
  dismiss: () => openDismissal(),
  restore: () => { card().removeAttribute("data-dismissed"); redraw(); },
};

// Pointing at an alternative shows it in the card's place.
let shown = null;

function preview(event) {
  const other = event.target.closest?.("[data-act=alternative]");
  const place = card()?.querySelector(".card-text");
  if (!place || (other ?? null) === shown) return;
  shown = other ?? null;
  place.hidden = Boolean(other);
  card().querySelector(".is-preview")?.remove();
  if (!other) return;
  const copy = place.cloneNode();
  copy.hidden = false;
  copy.classList.add("is-preview");
  copy.textContent = other.dataset.text;
  place.after(copy);
}

document.addEventListener("pointerover", preview);
document.addEventListener("focusin", preview);
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-act]");
  if (button) ACTS[button.dataset.act]?.(button);
});
