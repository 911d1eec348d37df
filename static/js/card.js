// The suggestion card in the page, and what is reported of it.
import { post } from "./http.js";

export const card = () => document.querySelector(".suggestion[data-suggestion]");

function unique() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function report(type, values = {}) {
  const address = card()?.dataset.events;
  if (!address) return;
  post(address, { type, client_seq: crypto.randomUUID?.() ?? unique(), ...values }, { keepalive: true }).catch(() => {});
}
