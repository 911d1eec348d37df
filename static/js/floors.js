// Says at once what the floor under the slider would do; the server wrote all of it. Without this, the form asks it.

const slider = document.querySelector("#floor");
const told = document.querySelector("[data-floor-told]");
const moves = new Map(
  [...document.querySelectorAll("[data-floor-moves] [data-floor]")].map((move) => [move.dataset.floor, move.textContent]),
);

slider?.addEventListener("input", () => {
  const floor = Number(slider.value).toFixed(2);
  document.querySelector("[data-floor-value]").textContent = floor;
  told.textContent = moves.get(floor) ?? told.textContent;
});
