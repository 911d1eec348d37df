// Files of a reply: chosen, dropped or pasted, listed with a way to remove each, and judged before they are sent.
import { composer } from "./composer.js";

let chosen = []; // what the file input holds; kept here, since a composer that comes again from the server is empty

const input = () => document.getElementById("reply-files");
const isReply = () => document.getElementById("mode-reply").checked;
const bytesOf = (files) => files.reduce((sum, file) => sum + file.size, 0);
const isSame = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

// As the server writes sizes.
function sized(bytes) {
  if (bytes < 1024) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

// The server decides; this says the same sooner.
function refusal(file) {
  const { fileBytes, allBytes, files } = input().dataset;
  if (!file.size) return "it is empty";
  if (file.size > Number(fileBytes)) return `larger than ${sized(Number(fileBytes))}`;
  if (chosen.length >= Number(files)) return `more than ${files} files`;
  if (bytesOf(chosen) + file.size > Number(allBytes)) return `all files together are larger than ${sized(Number(allBytes))}`;
  return "";
}

function add(files) {
  const problems = [];
  for (const file of files) {
    if (chosen.some((each) => isSame(each, file))) continue;
    const reason = refusal(file);
    if (reason) problems.push(`${file.name} was not added: ${reason}.`);
    else chosen.push(file);
  }
  show(problems.join(" "));
}

function remove(place) {
  chosen.splice(place, 1);
  show();
  const buttons = composer().querySelectorAll("[data-remove]");
  (buttons[Math.min(place, buttons.length - 1)] ?? input()).focus();
}

function show(problem = "") {
  const held = new DataTransfer();
  for (const file of chosen) held.items.add(file);
  input().files = held.files;
  const item = composer().querySelector("[data-chosen-file]");
  composer().querySelector("[data-chosen]").replaceChildren(...chosen.map((file) => {
    const line = item.content.firstElementChild.cloneNode(true);
    line.querySelector("span").textContent = file.name;
    line.querySelector("small").textContent = sized(file.size);
    line.querySelector("button").setAttribute("aria-label", `Remove ${file.name}`);
    return line;
  }));
  composer().querySelector("[data-not-added]").textContent = problem;
  const files = chosen.length === 1 ? "1 file goes" : `${chosen.length} files go`;
  document.getElementById("news").textContent = chosen.length ? `${files} with the reply.` : "";
}

function take(files) {
  if (isReply()) add(files);
  else document.dispatchEvent(new CustomEvent("helpdesk:say", { detail: "Files go with a reply, not with a note." }));
}

const brings = (event) => input() && event.dataTransfer?.types.includes("Files");
const mark = (isOver) => composer()?.classList.toggle("is-dropping", isOver);

// Anywhere on the page: a file dropped beside the composer would otherwise replace the page.
document.addEventListener("dragover", (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  mark(isReply());
});
document.addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false));
document.addEventListener("drop", (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  mark(false);
  const items = [...event.dataTransfer.items].filter((item) => item.kind === "file" && !item.webkitGetAsEntry?.()?.isDirectory);
  take(items.map((item) => item.getAsFile()));
});
document.addEventListener("paste", (event) => {
  const { files } = event.clipboardData;
  if (event.target.id !== "reply-body" || !files.length || event.clipboardData.getData("text/plain")) return;
  event.preventDefault();
  take(files);
});
document.addEventListener("change", (event) => event.target === input() && add(event.target.files));
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-remove]");
  if (button) remove([...composer().querySelectorAll("[data-remove]")].indexOf(button));
});

// Before the empty composer comes, which would be given them again.
document.addEventListener("htmx:beforeSwap", (event) => {
  const isSent = !event.detail.isError && !event.detail.serverResponse.includes('role="alert"');
  if (isSent && event.detail.requestConfig?.elt.matches(".reply-form")) chosen = [];
});
document.addEventListener("htmx:afterSettle", () => {
  if (!chosen.length || !input() || input().files.length) return;
  show();
  composer().querySelector("[data-files-lost]")?.remove();
});
