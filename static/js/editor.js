// Edits of a textarea that the browser's own undo takes back in one step.

export const VARIABLE = /\{\{\s*[\w.]+\s*\}\}/g;

// Puts text at the cursor, apart from what is there already; nothing that was typed is replaced.
export function insert(field, text) {
  field.focus();
  const end = field.selectionEnd;
  field.setSelectionRange(end, end);
  const before = field.value.slice(0, end);
  const after = field.value.slice(end);
  const lead = before.trim() && !before.endsWith("\n") ? "\n\n" : "";
  const tail = after.trim() && !after.startsWith("\n") ? "\n\n" : "";
  const inserted = lead + text + tail;
  document.execCommand("insertText", false, inserted);
  const first = [...inserted.matchAll(VARIABLE)][0];
  if (first) field.setSelectionRange(end + first.index, end + first.index + first[0].length);
  else field.setSelectionRange(end + lead.length + text.length, end + lead.length + text.length);
  return { field, inserted, after: field.value };
}

// Takes an insertion back. What was typed since stays, if the inserted text is still as it was.
export function undo({ field, inserted, after }) {
  field.focus();
  if (field.value === after) {
    document.execCommand("undo");
    if (field.value !== after) return true;
  }
  const start = field.value.indexOf(inserted);
  if (start === -1) return false;
  field.setSelectionRange(start, start + inserted.length);
  return document.execCommand("delete");
}

export function variables(text) {
  return [...text.matchAll(VARIABLE)].map((match) => ({
    name: match[0].replace(/[{}\s]/g, ""), start: match.index, end: match.index + match[0].length,
  }));
}

// Selects the next variable after the cursor, around the end; returns whether there is one.
export function selectVariable(field, backwards = false) {
  const found = variables(field.value);
  if (!found.length) return false;
  const next = backwards
    ? found.findLast((each) => each.end <= field.selectionStart) ?? found.at(-1)
    : found.find((each) => each.start >= field.selectionEnd) ?? found[0];
  field.focus();
  field.setSelectionRange(next.start, next.end);
  return true;
}
