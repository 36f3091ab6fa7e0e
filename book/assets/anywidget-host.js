// Runs the page's live figures (anywidgets) without a kernel.
//
// myst-nb writes each widget's state into the page as JSON, and a small marker where each view
// belongs. This script gives every marked widget a model with anywidget's front-end API (get, set,
// on, off, save_changes, send), imports its module from the stored text, and renders it. It needs
// no server, so it works from file:// too. Anything that fails becomes a sentence in the page.
(() => {
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

  // A browser lets a page that was opened from a file load nothing: no weights, no data.
  const FROM_A_FILE = " If it has to load data, the page needs a server: in the folder of the site run"
    + " “python3 -m http.server”, then open http://localhost:8000.";

  /** What a figure reads and changes; all views of one widget share it. */
  class Model {
    #state;
    #listeners = new Map();
    constructor(state) { this.#state = state; }
    get(name) { return this.#state[name]; }
    set(nameOrValues, value) {
      const values = typeof nameOrValues === "string" ? { [nameOrValues]: value } : nameOrValues;
      const changed = Object.keys(values).filter((name) => !Object.is(this.#state[name], values[name]));
      Object.assign(this.#state, values);
      for (const name of changed) this.#emit(`change:${name}`, values[name]);
      if (changed.length) this.#emit("change");
    }
    save_changes() {} // no kernel to tell
    send() {}
    on(names, act) {
      for (const name of names.split(" ")) {
        if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
        this.#listeners.get(name).add(act);
      }
    }
    off(names, act) {
      for (const name of names?.split(" ") ?? [...this.#listeners.keys()]) {
        if (act) this.#listeners.get(name)?.delete(act);
        else this.#listeners.delete(name);
      }
    }
    #emit(name, ...details) {
      for (const act of [...(this.#listeners.get(name) ?? [])]) act(this, ...details);
    }
  }

  /** Put base64 buffers back where they were taken out of the state. */
  function restoreBuffers({ state, buffers = [] }) {
    for (const { path, data } of buffers) {
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      const parent = path.slice(0, -1).reduce((inner, step) => inner[step], state);
      parent[path.at(-1)] = new DataView(bytes.buffer);
    }
    return state;
  }

  async function importText(text) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    try {
      const { default: widget } = await import(url);
      return typeof widget === "function" ? await widget() : widget;
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  const sheets = new Set();
  function addStyle(css) {
    if (!css || sheets.has(css)) return;
    sheets.add(css);
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  }

  const leaving = new AbortController();
  const { signal } = leaving;
  const experimental = { invoke: () => Promise.reject(new Error("there is no kernel in this page")) };

  /** Call a widget's hook, and what it returns to clean up when the reader leaves. */
  async function run(hook, props) {
    const cleanUp = await hook?.({ ...props, signal, experimental });
    if (typeof cleanUp === "function") signal.addEventListener("abort", cleanUp, { once: true });
  }

  const started = new Map();
  function start(id, saved) {
    if (!started.has(id)) started.set(id, (async () => {
      const model = new Model(restoreBuffers(saved));
      const widget = await importText(model.get("_esm"));
      addStyle(model.get("_css"));
      await run(widget.initialize, { model });
      return { model, widget };
    })());
    return started.get(id);
  }

  async function show(marker, widgets) {
    const el = document.createElement("div");
    el.className = "live-figure";
    marker.after(el);
    try {
      const id = JSON.parse(marker.textContent).model_id;
      const saved = widgets[id];
      if (!saved) throw new Error("its state is not in the page");
      if (saved.model_module !== "anywidget") {
        el.textContent = "These controls run your own code: open the chapter as a notebook to use them.";
        return;
      }
      const { model, widget } = await start(id, saved);
      await run(widget.render, { model, el });
    } catch (error) {
      el.textContent = `This live figure could not start: ${error.message}.${location.protocol === "file:" ? FROM_A_FILE : ""}`;
      console.error("anywidget-host:", error);
    }
  }

  function showAll() {
    const widgets = {};
    for (const node of document.querySelectorAll(STATE)) Object.assign(widgets, JSON.parse(node.textContent).state);
    // One after another when the browser has time: the reader may scroll meanwhile.
    const soon = window.requestIdleCallback ?? setTimeout;
    for (const marker of document.querySelectorAll(VIEW)) soon(() => show(marker, widgets), { timeout: 500 });
  }

  // A page kept for the "back" button is not left.
  addEventListener("pagehide", (event) => event.persisted || leaving.abort());
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", showAll);
  else showAll();
})();
