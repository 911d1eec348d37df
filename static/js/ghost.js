// Ghost text: the suggestion in an empty composer, or the rest of it when what is typed runs into it.

const SHORTEST = 12; // characters that must agree before the rest is offered
const BEGINNING = 150; // characters
const dismissed = new WeakMap(); // field -> the text it held when its ghost was sent away

const card = () => document.querySelector(".suggestion[data-text]:not([data-dismissed], [data-inserted], [data-internal])");

export function completion(field) {
  const text = card()?.dataset.text;
  const typed = field.value;
  if (!text || document.activeElement !== field || dismissed.get(field) === typed) return "";
  if (!typed) return text;
  if (field.selectionStart !== typed.length || field.selectionEnd !== typed.length) return "";
  return rest(typed, text);
}

// The part of `text` that follows where `typed` ends, if that place is certain.
export function rest(typed, text) {
  if (typed.length >= 3 && text.startsWith(typed)) return text.slice(typed.length);
  for (let length = Math.min(60, typed.length); length >= SHORTEST; length -= 1) {
    const end = typed.slice(-length);
    const place = text.indexOf(end);
    if (place !== -1) return text.indexOf(end, place + 1) === -1 ? text.slice(place + length) : "";
  }
  return "";
}

// What is drawn of a completion: an empty composer shows only how the suggestion begins, since the card holds it all.
export function drawn(field) {
  const text = completion(field);
  if (field.value || text.length <= BEGINNING) return text;
  return `${text.slice(0, BEGINNING).replace(/\s*\n\s*/g, " ").replace(/\s+\S*$/, "")} …`;
}

export function dismissGhost(field) {
  if (!completion(field)) return false;
  dismissed.set(field, field.value);
  return true;
}
