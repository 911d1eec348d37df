// A list of options under a field: arrows choose, Enter takes, a click takes.

export function options(root, { list, choose, enter = choose }) {
  const input = root.querySelector("input");
  const all = () => [...list().querySelectorAll("[role=option]:not([hidden], [aria-disabled])")];

  function select(option) {
    for (const each of list().querySelectorAll("[aria-selected=true]")) each.removeAttribute("aria-selected");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }

  root.addEventListener("keydown", (event) => {
    if (event.target !== input || event.isComposing) return;
    const shown = all();
    const place = shown.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") select(shown[(place + 1) % shown.length]);
    else if (event.key === "ArrowUp") select(shown[(place <= 0 ? shown.length : place) - 1]);
    else if (event.key === "Enter") enter(shown[Math.max(0, place)]);
    else return;
    event.preventDefault();
  });
  root.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  return { select, first: () => all()[0] };
}
