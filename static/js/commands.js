// Commands that press a button or follow a link of the page: [data-command] in the HTML is enough.
import { command } from "./keys.js";

const KEYS = {
  assign: "a", tag: "t", snooze: "s", merge: "m", escalate: "!", close: "e", reply: "r", note: "n", attach: "f", search: "/", answers: "/",
  help: "?", skip: "s", flag: "f", insert: "i", why: ".", undo: "u", dismiss: "Escape",
  "alternative-1": "1", "alternative-2": "2", "alternative-3": "3",
};

function find(name) {
  return document.querySelector(`[data-command="${name}"]`);
}

function isUsable(element) {
  return Boolean(element) && !element.disabled && (element.hidden || element.checkVisibility() || element.matches("[popovertarget], .nav *"));
}

function press(element) {
  if (element.matches("input[type=search], input[type=text]")) element.focus();
  else element.click();
}

export function scan(root = document) {
  for (const element of root.querySelectorAll("[data-command]")) {
    const name = element.dataset.command;
    command(name, {
      key: element.dataset.key ?? KEYS[name] ?? "",
      label: element.dataset.label ?? element.textContent.trim(),
      when: () => isUsable(find(name)),
      run: () => press(find(name)),
    });
  }
}

scan();
document.addEventListener("htmx:afterSettle", () => scan());
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens).showModal();
  const closer = event.target.closest("[data-close-dialog]");
  if (closer) closer.closest("dialog").close();
  if (event.target instanceof HTMLDialogElement) event.target.close(); // a click on the backdrop
});
