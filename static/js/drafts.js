// What is typed is kept: on the server as soon as typing pauses, in this tab until the server has it.
import { headers, post } from "./http.js";
import { redraw } from "./composer.js";

const PAUSE = 600;
const AGAIN = 3000;
const LONGEST = 20_000;
const pending = new Map(); // field -> timer
const saving = new Map(); // field -> its saves that are under way

const isField = (element) => element?.matches?.("[data-composer] textarea");
const composerOf = (field) => field.closest("[data-composer]");
const storeOf = (field) => `draft:${document.body.dataset.person}:${composerOf(field).dataset.case}:${field.form.dataset.kind}`;
const valuesOf = (field) => ({ kind: field.form.dataset.kind, body: field.value, client_key: field.form.elements.client_key.value });

function tell(field, words) {
  const place = composerOf(field)?.querySelector(".saved");
  if (place && place.textContent !== words) place.textContent = words;
}

// One after another: what was typed last is what stays, however the requests travel.
function save(field) {
  clearTimeout(pending.get(field));
  pending.delete(field);
  const saved = (saving.get(field) ?? Promise.resolve()).then(() => put(field)).finally(() => {
    if (saving.get(field) === saved) saving.delete(field);
  });
  saving.set(field, saved);
  return saved;
}

async function put(field) {
  if (!field.isConnected) return;
  const body = field.value;
  const store = storeOf(field);
  try {
    const signal = AbortSignal.timeout(LONGEST);
    if (!(await post(composerOf(field).dataset.draft, valuesOf(field), { signal }))) throw new Error("not taken");
    if (!field.isConnected || field.value !== body) return; // the words since then have a save of their own
    sessionStorage.removeItem(store);
    tell(field, body.trim() ? "Draft saved" : "");
  } catch {
    tell(field, "Not saved yet: kept in this tab");
    if (field.isConnected && !pending.has(field)) wait(field, AGAIN);
  }
}

function wait(field, milliseconds) {
  clearTimeout(pending.get(field));
  pending.set(field, setTimeout(() => save(field), milliseconds));
}

function flush() {
  for (const [field, timer] of pending) {
    clearTimeout(timer);
    pending.delete(field);
    if (!field.isConnected) continue;
    const body = new URLSearchParams(valuesOf(field));
    fetch(composerOf(field).dataset.draft, { method: "POST", headers: headers(), body, keepalive: true, redirect: "manual" }).catch(() => {});
  }
}

function restore() {
  for (const field of document.querySelectorAll("[data-composer] textarea")) {
    const kept = sessionStorage.getItem(storeOf(field));
    if (kept !== null && kept !== field.value) {
      field.value = kept;
      wait(field, 0);
    }
  }
  redraw();
}

// What the server does not know yet of a field whose form was answered: all of it, if it was refused.
function unsent(field, { requestConfig, xhr }) {
  const sent = xhr.responseText.includes('role="alert"') ? "" : requestConfig.parameters.body;
  return field.value.startsWith(sent) ? field.value.slice(sent.length) : field.value;
}

document.addEventListener("input", (event) => {
  if (!isField(event.target)) return;
  sessionStorage.setItem(storeOf(event.target), event.target.value);
  tell(event.target, "");
  wait(event.target, PAUSE);
});

// What is being sent is no draft any more.
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("[data-composer] textarea");
  if (!field || event.defaultPrevented) return;
  clearTimeout(pending.get(field));
  pending.delete(field);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig?.elt;
  if (!form?.matches?.(".writing")) return;
  const field = form.elements.body;
  if (!event.detail.successful) wait(field, AGAIN);
  else if (field.isConnected) sessionStorage.removeItem(storeOf(field)); // another page comes
});

// The answer brings another composer: what was typed since then goes on in it.
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.requestConfig?.elt;
  if (!form?.matches?.(".writing") || !event.detail.shouldSwap) return;
  const field = form.elements.body;
  const words = unsent(field, event.detail);
  if (words.trim()) sessionStorage.setItem(storeOf(field), words);
  else sessionStorage.removeItem(storeOf(field));
});
document.addEventListener("htmx:afterSwap", (event) => event.detail.target?.matches?.("[data-composer]") && restore());

// Another page is opened when it can show what was typed: the case may have been merged into that one's.
document.addEventListener("htmx:beforeOnLoad", async (event) => {
  const address = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!address || event.defaultPrevented || !(pending.size || saving.size)) return;
  event.preventDefault();
  await Promise.all([...saving.values(), ...[...pending.keys()].map(save)]);
  location.assign(address);
});

addEventListener("pagehide", flush);
document.addEventListener("visibilitychange", () => document.hidden && flush());
restore();
for (const field of document.querySelectorAll("[data-composer] textarea")) {
  if (field.value.trim()) tell(field, "Draft restored");
}
