// Search answers and insert one at the cursor.
import { activeField } from "./composer.js";
import * as editor from "./editor.js";
import { options } from "./options.js";
import { mayInsert } from "./suggestion.js";

const dialog = document.getElementById("answers");

function insert(option) {
  const field = activeField();
  if (!option?.dataset.text || !mayInsert(option, field)) return;
  dialog.close();
  editor.insert(field, option.dataset.text);
}

if (dialog) {
  const input = dialog.querySelector("input");
  const { selectFirst } = options(dialog, { list: () => document.getElementById("answers-found"), choose: insert });
  dialog.addEventListener("htmx:afterSettle", selectFirst); // what Enter takes is seen
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-opens=answers]")) return;
    input.value = "";
    htmx.trigger(input, "opened");
  });
}
