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
  const list = () => document.getElementById("answers-found");
  const isAnswered = () => list().dataset.q === input.value.trim();
  let waits = false; // Enter came before what it takes

  const { select, first } = options(dialog, {
    list,
    choose: insert,
    enter(option) {
      waits = !isAnswered();
      if (!waits) insert(option);
    },
  });
  dialog.addEventListener("htmx:afterSettle", () => {
    select(first()); // what Enter takes is seen
    if (waits && isAnswered()) insert(first());
  });
  for (const name of ["input", "close"]) dialog.addEventListener(name, () => { waits = false; });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-opens=answers]")) return;
    input.value = "";
    htmx.trigger(input, "opened");
  });
}
