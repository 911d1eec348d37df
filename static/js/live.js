// One stream of news per visible page. A hidden page gives its connection back, since browsers allow only six; the
// next one begins with what was missed since the page was made. Without a stream the page asks every 15 seconds.

const FALLBACK = 15_000;
const APART = 400; // milliseconds between two pieces of news of the same name

class VisibleSource extends EventTarget {
  #address;
  #source = null;
  #names = new Set();
  #waiting = new Map();
  #poll;
  #onVisibility = () => (document.hidden ? this.#pause() : this.#resume());

  constructor(address) {
    super();
    this.#address = address;
    document.addEventListener("visibilitychange", this.#onVisibility);
    addEventListener("pagehide", () => this.#pause());
    this.#poll = setInterval(() => {
      if (!document.hidden && this.#source?.readyState !== EventSource.OPEN) this.#tellAll();
    }, FALLBACK);
    if (!document.hidden) this.#open();
  }

  get readyState() {
    return EventSource.OPEN; // reconnecting is done here, not by the extension
  }

  addEventListener(name, ...rest) {
    super.addEventListener(name, ...rest);
    if (this.#names.has(name)) return;
    this.#names.add(name);
    this.#source?.addEventListener(name, () => this.#tell(name));
  }

  close() {
    clearInterval(this.#poll);
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.#pause();
  }

  #open() {
    this.#source = new EventSource(this.#address);
    for (const name of this.#names) this.#source.addEventListener(name, () => this.#tell(name));
    this.#source.onerror = () => {
      if (this.#source?.readyState === EventSource.CLOSED) setTimeout(() => !document.hidden && this.#resume(), FALLBACK);
    };
  }

  #pause() {
    this.#source?.close();
    this.#source = null;
  }

  #resume() {
    this.#pause();
    this.#open();
  }

  #tellAll() {
    for (const name of this.#names) this.#tell(name);
  }

  #tell(name) {
    if (this.#waiting.has(name)) {
      this.#waiting.set(name, true);
      return;
    }
    this.dispatchEvent(new MessageEvent(name, { data: "changed" }));
    this.#waiting.set(name, false);
    setTimeout(() => {
      const again = this.#waiting.get(name);
      this.#waiting.delete(name);
      if (again) this.#tell(name);
    }, APART);
  }
}

if (window.htmx) htmx.createEventSource = (address) => new VisibleSource(address);
