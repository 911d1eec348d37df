// Copies the text that a button names; where the browser keeps that from pages without TLS, selects it instead.

const say = (words) => document.dispatchEvent(new CustomEvent("helpdesk:say", { detail: words }));

async function copy({ target }) {
  const button = target.closest?.("[data-copies]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(text.textContent);
    say("Copied.");
  } catch {
    getSelection().selectAllChildren(text);
    say("Selected: copy it with Ctrl+C.");
  }
}

for (const button of document.querySelectorAll("[data-copies]")) button.hidden = false;
document.addEventListener("click", copy);
