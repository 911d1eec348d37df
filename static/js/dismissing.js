// Declining takes one second: Esc, then the letter of the reason.
import { card, report } from "./card.js";
import { redraw } from "./composer.js";
import { intercept } from "./keys.js";

let opener = null; // where focus returns to

export function openDismissal(from = null) {
  const group = card()?.querySelector(".dismiss-why");
  if (!group || card().matches("[data-dismissed], [data-inserted]")) return;
  opener = from;
  group.hidden = false;
  card().querySelector(".card-acts").hidden = true;
  group.querySelector("button").focus({ preventScroll: true });
  intercept(onDismissalKey);
}

function closeDismissal({ returns = true } = {}) {
  intercept(null);
  const group = card()?.querySelector(".dismiss-why");
  if (!group) return;
  group.hidden = true;
  card().querySelector(".card-acts").hidden = false;
  if (returns) (opener ?? card().querySelector("[data-act=dismiss]")).focus({ preventScroll: true });
  else document.activeElement?.blur();
}

function onDismissalKey(event) {
  if (event.key === "Escape") {
    closeDismissal();
    return true;
  }
  const button = card()?.querySelector(`[data-letter="${event.key.toLowerCase()}"]`);
  if (button) dismiss(button);
  else if (event.key.length === 1) closeDismissal({ returns: false });
  return Boolean(button);
}

function dismiss(button) {
  closeDismissal();
  card().setAttribute("data-dismissed", "");
  card().querySelector("[data-dismissed-as]").textContent = button.firstChild.textContent.toLowerCase();
  document.getElementById("news").textContent = `Suggestion dismissed: ${button.firstChild.textContent}`;
  if (!opener) document.activeElement?.blur();
  redraw();
  report("dismissed", { dismiss_reason: button.dataset.dismiss });
}

document.addEventListener("click", (event) => {
  const reason = event.target.closest?.("[data-dismiss]");
  if (reason) dismiss(reason);
});
// News that change nothing of the card (204) leave the question open, and the letter goes on to answer it.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.shouldSwap && event.detail.target?.matches?.(".suggestion")) intercept(null);
});
