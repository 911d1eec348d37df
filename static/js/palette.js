// Ctrl+K: everything by name.
import { available, command, run } from "./keys.js";
import { options } from "./options.js";

const dialog = document.getElementById("palette");
const HIDDEN = ["palette", "open-enter"];

function open() {
  const list = dialog.querySelector(".options");
  const shown = available().filter((each) => !HIDDEN.includes(each.name));
  const rank = ({ key, name }) => (name === "help" ? 2 : Number(!key)); // what this page is about stands first
  shown.sort((one, other) => rank(one) - rank(other));
  list.replaceChildren(...shown.map(item));
  dialog.querySelector("input").value = "";
  dialog.showModal();
  narrow();
}

function item({ name, label, key }) {
  const option = document.createElement("li");
  option.setAttribute("role", "option");
  option.id = `command-${name}`;
  option.dataset.name = name;
  option.append(label);
  if (key) {
    const hint = document.createElement("kbd");
    hint.textContent = key === "Escape" ? "Esc" : key;
    option.append(hint);
  }
  return option;
}

let chooser = null;

function narrow() {
  const words = dialog.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const option of dialog.querySelectorAll("[role=option]")) {
    option.hidden = !words.every((word) => option.textContent.toLowerCase().includes(word));
    shown += option.hidden ? 0 : 1;
  }
  dialog.querySelector(".dialog-empty").hidden = shown > 0;
  chooser.select(chooser.first());
}

if (dialog) {
  chooser = options(dialog, {
    list: () => dialog.querySelector(".options"),
    choose(option) {
      if (!option) return;
      dialog.close();
      run(option.dataset.name);
    },
  });
  dialog.querySelector("input").addEventListener("input", narrow);
  command("palette", { label: "Everything by name", run: open });
}
