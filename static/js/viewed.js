// Reports honestly what was on a screen: displayed when the card is in the page, viewed when half of it was in sight
// for a whole second in the tab that has the focus. And whether it was there when its case was opened.
import { card, report } from "./card.js";

const SHARE = 0.5;
const LONG_ENOUGH = 1000;
const told = new Set(); // "displayed 12", "viewed 12"
const opened = new Set(); // the cards' places: what a later message brings was not there to be opened
let timer = null;
let observed = null;
let inSight = false;

function tell(type, values) {
  const id = observed.dataset.suggestion;
  if (told.has(`${type} ${id}`)) return;
  told.add(`${type} ${id}`);
  report(type, values);
}

// Begins the second anew, so that only an unbroken one counts.
function look() {
  clearTimeout(timer);
  if (inSight && !document.hidden && document.hasFocus()) timer = setTimeout(() => observed?.isConnected && tell("viewed"), LONG_ENOUGH);
}

const observer = new IntersectionObserver((entries) => {
  const { isIntersecting, intersectionRatio } = entries.at(-1);
  inSight = isIntersecting && intersectionRatio >= SHARE;
  look();
}, { threshold: [0, SHARE] });

function watch() {
  const shown = card();
  if (shown === observed) return;
  observer.disconnect();
  clearTimeout(timer);
  observed = shown;
  inSight = false;
  if (shown && !opened.has(shown.id)) {
    opened.add(shown.id);
    if (shown.dataset.text || shown.classList.contains("is-pending")) tell(shown.dataset.text ? "opened" : "awaited");
  }
  if (!shown?.dataset.text || shown.hasAttribute("data-dismissed")) return;
  // Who had begun to write before the card was there was not kept waiting by the model.
  tell("displayed", { typed_before: document.getElementById("reply-body")?.value.trim().length ?? 0 });
  observer.observe(shown);
}

document.addEventListener("visibilitychange", look);
addEventListener("focus", look);
addEventListener("blur", () => setTimeout(look)); // asked a moment later, the page knows that it lost the focus
document.addEventListener("htmx:afterSettle", watch);
watch();
