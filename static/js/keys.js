// One table of commands: each has a name, perhaps a key, and something to do. Keys can be changed or switched off.

const commands = new Map();
const STORE = "keys";
let chosen = read();
let interceptor = null;

function read() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
}

function write() {
  localStorage.setItem(STORE, JSON.stringify(chosen));
}

// `run` returns false if there was nothing to do, so that the key keeps its usual meaning.
export function command(name, { key = "", label, run, when = () => true }) {
  commands.set(name, { name, key, label, run, when });
}

export function all() {
  return [...commands.values()].map((each) => ({ ...each, key: chosen[each.name] ?? each.key }));
}

export const available = () => all().filter((each) => each.when());

export const areOn = () => chosen.off !== true;

export function switchKeys(on) {
  chosen = { ...chosen, off: !on };
  write();
}

export function changeKey(name, key) {
  chosen = { ...chosen, [name]: key };
  write();
}

export function resetKeys() {
  chosen = {};
  write();
}

export function run(name) {
  return commands.get(name)?.run();
}

// While set, a function sees each key first and returns whether it took it (the letter after Esc).
export function intercept(handler) {
  interceptor = handler;
}

export function isTyping(target) {
  if (!(target instanceof Element)) return false;
  const field = target.closest("input, textarea, select, [contenteditable]");
  // For a moment the focus is still in a dialog that has just been closed.
  return Boolean(field) && field.checkVisibility() && !["checkbox", "radio", "button", "submit"].includes(field.type);
}

// The dialog or picker in front of the page, which gets all keys.
const front = () => document.querySelector("dialog[open], [popover].dialog:popover-open");

// Closed here at once: the browser itself does it a moment later, and the next key would be lost.
function closeFront() {
  if (front() instanceof HTMLDialogElement) front().close();
  else front().hidePopover();
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    run("palette");
    return;
  }
  if (event.key === "Escape" && front()) {
    event.preventDefault();
    closeFront();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || front() || isTyping(event.target)) return;
  if (interceptor?.(event)) {
    event.preventDefault();
    return;
  }
  if (!areOn() && event.key.length === 1) return;
  const isOnControl = event.key === "Enter" && event.target.closest("a, button, summary, label, input");
  const found = available().find((each) => each.key === event.key);
  if (found && !isOnControl && found.run() !== false) event.preventDefault();
}

export function listen() {
  document.addEventListener("keydown", onKey);
}
