// Tells every 15 seconds, and at leaving, how long somebody worked on this case: the page had the focus, and a key, the
// pointer or the wheel was used within the last five minutes, for who reads a long case touches nothing. Nobody waits
// for it, and nobody is told if it fails.
import { post } from "./http.js";

const BEAT = 15_000;
const IDLE = 300_000;
const LEAST = 100; // milliseconds worth a request
const LONGEST = 20_000; // the server takes no more at once

const page = document.querySelector("[data-beat]");
let spent = 0;
let since = performance.now();
let usedAt = since;
let hadFocus = isFocused();

function isFocused() {
  return document.hasFocus() && !document.hidden;
}

// Adds the time since the last look, up to the moment at which it became idle.
function look() {
  const now = performance.now();
  if (hadFocus) spent += Math.max(0, Math.min(now, usedAt + IDLE) - since);
  since = now;
  hadFocus = isFocused();
}

function use() {
  look();
  usedAt = since;
}

function beat() {
  look();
  if (spent < LEAST) return;
  const milliseconds = Math.min(LONGEST, Math.round(spent));
  spent = 0;
  post(page.dataset.beat, { milliseconds }, { keepalive: true }).catch(() => {});
}

if (page) {
  // Not `scroll`: a page that shows a new message scrolls by itself.
  for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "touchmove"]) {
    document.addEventListener(name, use, { capture: true, passive: true });
  }
  addEventListener("focus", use);
  // At once, before another page of the same person tells of the time after this.
  for (const name of ["blur", "pagehide"]) addEventListener(name, beat);
  document.addEventListener("visibilitychange", beat);
  setInterval(beat, BEAT);
}
