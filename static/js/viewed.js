// Reports honestly what was on a screen: displayed when the card is in the page, viewed after a second in sight.
import { card, report } from "./card.js";

const SHARE = 0.5;
const LONG_ENOUGH = 1000;
const told = new Set(); // "displayed 12", "viewed 12"
let timer = null;
let observed = null;
let inSight = false;

function tell(type, id) {
  if (told.has(`${type} ${id}`)) return;
  told.add(`${type} ${id}`);
  report(type);
}

function look() {
  clearTimeout(timer);
  if (!inSight || document.hidden || !observed?.isConnected) return;
  const id = observed.dataset.suggestion;
  timer = setTimeout(() => observed?.isConnected && observed.dataset.suggestion === id && tell("viewed", id), LONG_ENOUGH);
}

const observer = new IntersectionObserver((entries) => {
  inSight = entries.at(-1).isIntersecting && entries.at(-1).intersectionRatio >= SHARE;
  look();
}, { threshold: [0, SHARE] });

function watch() {
  const shown = card();
  if (shown === observed) return;
  observer.disconnect();
  observed = shown;
  inSight = false;
  if (!shown?.dataset.text || shown.hasAttribute("data-dismissed")) return;
  tell("displayed", shown.dataset.suggestion);
  observer.observe(shown);
}

document.addEventListener("visibilitychange", look);
document.addEventListener("htmx:afterSettle", watch);
watch();
