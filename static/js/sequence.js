// What this tab counts of its own reports, through all of its reloads: the server's clock says when, this says in
// which order, however the reports arrive.

const KEY = "reports";
let kept = null;

function unique() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function read() {
  try {
    const { page, order } = JSON.parse(sessionStorage.getItem(KEY));
    if (/^[0-9a-f]{32}$/.test(page) && Number.isSafeInteger(order)) return { page, order };
  } catch { /* nothing kept, or this tab may keep nothing */ }
  return { page: unique(), order: 0 };
}

// A tab that was duplicated goes on under the same name, so each report has a number of its own beside.
export function numbered() {
  kept = kept ?? read();
  kept.order += 1;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch { /* counted until this page is left */ }
  return { client_seq: unique(), page: kept.page, page_order: kept.order };
}
