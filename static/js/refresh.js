// News of the case never gets in the way of an act: while one is under way they wait, since its answer shows all. An act that
// leads to another page is under way until that page is there.

const reader = () => document.querySelector(".thread-inner");
let underWay = 0;
let missed = false;

const isReading = (event) => event.detail.requestConfig?.elt === reader() && reader() !== null;
const isAct = (event) => event.detail.requestConfig?.verb === "post";
const leadsAway = (event) => Boolean(event.detail.xhr?.getResponseHeader("HX-Redirect"));

function later(event) {
  missed = true;
  event.preventDefault();
}

// The server answers with nothing (204) when the timeline here is the newest.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target === reader()) event.detail.parameters.known = reader().querySelector(".timeline").dataset.stamp;
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isAct(event)) underWay += 1;
  else if (underWay && isReading(event)) later(event);
});
document.addEventListener("htmx:beforeOnLoad", (event) => underWay && isReading(event) && later(event), { capture: true });
document.addEventListener("htmx:afterRequest", (event) => {
  if (!isAct(event) || leadsAway(event)) return;
  underWay -= 1;
  if (underWay || !missed) return;
  missed = false;
  htmx.trigger(reader(), "refresh");
});
addEventListener("pageshow", (event) => event.persisted && (underWay = 0));
