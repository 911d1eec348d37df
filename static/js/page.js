// Small things of every page: theme, clocks, toasts, and what is said aloud.

const LASTS = 6000;
const TICK = 30_000;
const UNITS = [[86_400, "d"], [3600, "h"], [60, "min"]];

function toggleTheme() {
  const root = document.documentElement;
  const isDark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
}

function since(moment) {
  const seconds = Math.max(0, (Date.now() - Date.parse(moment)) / 1000);
  const unit = UNITS.find(([size]) => seconds >= size);
  return unit ? `${Math.floor(seconds / unit[0])} ${unit[1]}` : "now";
}

function tick() {
  for (const clock of document.querySelectorAll("time[data-clock]")) {
    const words = since(clock.dateTime);
    if (clock.textContent !== words) clock.textContent = words;
  }
}

function say(words, level = "info") {
  const toast = document.createElement("p");
  toast.className = `toast ${level}`;
  toast.textContent = words;
  document.getElementById("toasts")?.replaceChildren(toast);
  fade();
}

function fade() {
  const shown = [...document.querySelectorAll(".toast")];
  setTimeout(() => shown.forEach((toast) => toast.remove()), LASTS);
}

function announce(event) {
  const timeline = event.detail.target;
  if (!timeline?.matches?.(".timeline")) return;
  const fresh = document.querySelector(`#${timeline.id} .message:last-of-type b`);
  document.getElementById("news").textContent = fresh ? "The case has changed." : "";
}

document.addEventListener("click", (event) => event.target.closest("[data-command=theme]") && toggleTheme());
document.addEventListener("helpdesk:say", (event) => say(event.detail));
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  say(status === 403 ? "That isn't allowed with your role, or this page was open too long: reload it." : `That did not work (${status}). Nothing was changed.`, "error");
});
document.addEventListener("htmx:sendError", () => say("The server can't be reached. What you typed is kept.", "error"));
document.addEventListener("htmx:afterSettle", () => { tick(); fade(); });
document.addEventListener("htmx:afterSwap", announce);
setInterval(tick, TICK);
tick();
fade();
