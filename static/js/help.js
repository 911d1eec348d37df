// The keys, shown and changed.
import { all, areOn, changeKey, command, resetKeys, switchKeys } from "./keys.js";

const dialog = document.getElementById("help");
const FIXED = [["Send", "Ctrl ↵"], ["Send, close and next", "Ctrl ⇧ ↵"], ["Insert the ghost text, next gap", "Tab"], ["Everything by name", "Ctrl K"]];

function row(label, ...keys) {
  const line = document.createElement("div");
  const name = document.createElement("dt");
  const value = document.createElement("dd");
  name.textContent = label;
  value.append(...keys);
  line.append(name, value);
  return line;
}

function kbd(text) {
  const element = document.createElement("kbd");
  element.textContent = text;
  return element;
}

function box({ name, label, key }) {
  const input = document.createElement("input");
  input.type = "text";
  input.maxLength = 1;
  input.value = key;
  input.setAttribute("aria-label", `Key for: ${label}`);
  input.addEventListener("input", () => changeKey(name, input.value));
  return input;
}

function draw() {
  const rows = all().filter((each) => each.key || each.changed).map((each) => row(each.label, each.key.length > 1 ? kbd(each.key === "Escape" ? "Esc" : each.key) : box(each)));
  dialog.querySelector("#help-keys").replaceChildren(...rows, ...FIXED.map(([label, key]) => row(label, kbd(key))));
  dialog.querySelector("#keys-on").checked = areOn();
}

function open() {
  draw();
  dialog.showModal();
}

if (dialog) {
  dialog.querySelector("#keys-on").addEventListener("change", (event) => switchKeys(event.target.checked));
  dialog.querySelector("#keys-reset").addEventListener("click", () => { resetKeys(); draw(); });
  for (const button of document.querySelectorAll("[data-command=help]")) button.addEventListener("click", open);
  command("help", { key: "?", label: "Keys", run: open });
}
