// What is typed is kept: on the server as soon as typing pauses, in this tab until the server has it.
import { headers, post } from "./http.js";
import { redraw } from "./composer.js";

const PAUSE = 600;
const AGAIN = 3000;
const pending = new Map(); // field -> timer

const isField = (element) => element?.matches?.("[data-composer] textarea");
const composerOf = (field) => field.closest("[data-composer]");
const storeOf = (field) => `draft:${document.body.dataset.person}:${composerOf(field).dataset.case}:${field.form.dataset.kind}`;
const valuesOf = (field) => ({ kind: field.form.dataset.kind, body: field.value, client_key: field.form.elements.client_key.value });

function tell(field, words) {
  const place = composerOf(field)?.querySelector(".saved");
  if (place && place.textContent !== words) place.textContent = words;
}

async function save(field) {
  clearTimeout(pending.get(field));
  pending.delete(field);
  if (!field.isConnected) return;
  const body = field.value;
  const store = storeOf(field);
  try {
    if (!(await post(composerOf(field).dataset.draft, valuesOf(field)))) throw new Error("not taken");
    if (field.value === body) sessionStorage.removeItem(store);
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
    if (field.value.trim()) tell(field, "Draft restored");
  }
  redraw();
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
  else if (!event.detail.xhr.responseText.includes('role="alert"')) sessionStorage.removeItem(storeOf(field));
});

// Another page is opened when it can show what was typed: the case may have been merged into that one's.
document.addEventListener("htmx:beforeOnLoad", async (event) => {
  const address = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!address || !pending.size || event.defaultPrevented) return;
  event.preventDefault();
  await Promise.all([...pending.keys()].map(save));
  location.assign(address);
});

addEventListener("pagehide", flush);
document.addEventListener("visibilitychange", () => document.hidden && flush());
restore();
