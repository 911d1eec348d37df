// The suggestion card in the page, and what is reported of it.
import { post } from "./http.js";
import { numbered } from "./sequence.js";

export const card = () => document.querySelector(".suggestion[data-suggestion]");

export function report(type, values = {}) {
  const address = card()?.dataset.events;
  if (!address) return;
  post(address, { type, ...numbered(), ...values }, { keepalive: true }).catch(() => {});
}
