// Pickers are native popovers with a form; this narrows their options, moves by arrows and closes them when sent.

function buttons(picker) {
  return [...picker.querySelectorAll(".options > li:not([hidden]) > button")];
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-narrows]")) return;
  const words = event.target.value.toLowerCase().trim();
  for (const item of event.target.closest("[data-picker]").querySelectorAll(".options > li")) {
    item.hidden = !item.textContent.toLowerCase().includes(words);
    item.classList.remove("is-at");
  }
  if (words) buttons(event.target.closest("[data-picker]"))[0]?.parentElement.classList.add("is-at");
});

document.addEventListener("keydown", (event) => {
  const picker = event.target.closest?.("[data-picker]");
  if (!picker || event.isComposing) return;
  const all = buttons(picker);
  if (event.key === "Enter" && event.target.matches("[data-narrows]")) {
    event.preventDefault();
    all[0]?.click();
  }
  if (!["ArrowDown", "ArrowUp"].includes(event.key) || !all.length || event.target.type === "datetime-local") return;
  event.preventDefault();
  const place = all.indexOf(document.activeElement);
  all[(place + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]?.focus();
});

// Before it opens, so that what is typed at once is not lost.
document.addEventListener("beforetoggle", (event) => {
  if (event.newState !== "open" || !event.target.matches("[data-picker]")) return;
  const field = event.target.querySelector("input[type=text]");
  if (!field) return;
  field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
}, true);

document.addEventListener("htmx:beforeRequest", (event) => event.target.closest?.("[data-picker]")?.hidePopover());
