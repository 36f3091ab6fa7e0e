// What every live figure shares: building elements, writing numbers, and the frame around a figure.
// base.py joins this file to a figure's own module, so that a page loads nothing else.

/** Make an HTML element. Children that are strings become text, never markup. */
export const h = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);

/** Make an SVG element. */
export const s = (tag, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

function fill(node, attributes, children) {
  put(node, attributes ?? {});
  node.append(...children);
  return node;
}

/** Set attributes: true writes an empty one, false and null take it away. */
export function put(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : value);
  }
  return node;
}

/** Write a number with fixed decimals, a true minus sign and no negative zero. */
export function fixed(number, decimals = 2) {
  if (!Number.isFinite(number)) return number > 0 ? "∞" : number < 0 ? "−∞" : "no number";
  const text = number.toFixed(decimals);
  return Number(text) === 0 ? (0).toFixed(decimals) : text.replace("-", "−");
}

/** Write a number with no more decimals than it needs: 0.5, 2. */
export function plain(number, decimals = 2) {
  const text = fixed(number, decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** All digits that a float32 holds, for tests and for copying. */
export const exact = (number) => String(Number(number.toPrecision(9)));

function fillTables(region, tables) {
  const row = (cells, tag) =>
    h("tr", {}, ...cells.map((text, i) =>
      i && tag === "td" ? h("td", {}, text) : h("th", { scope: tag === "td" ? "row" : "col" }, text)));
  region.replaceChildren(...tables.map(({ caption, columns, rows }) =>
    h("table", {}, h("caption", {}, caption), h("thead", {}, row(columns, "th")),
      h("tbody", {}, ...rows.map((cells) => row(cells, "td"))))));
}

/** "Try this": a button for each preset, and what there is to see: on one spot, so that nothing moves. */
function tryThis({ model, change, listen, redraw }) {
  const presets = model.get("presets") ?? [];
  let pressed = 0; // of two buttons that set the same, the one that the reader took
  let asking = 0; // its words stay while the reader does what they ask
  const buttons = presets.map(({ label, values }, i) => {
    const button = h("button", { type: "button" }, label);
    listen(button, "click", () => { pressed = asking = i; change(values); redraw(); });
    return button;
  });
  const words = presets.map(({ see }) => h("span", {}, see));
  const node = h("div", { class: "cf-try", hidden: !presets.length },
    h("div", { role: "group", "aria-label": "Try this" }, ...buttons), h("p", {}, ...words));
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const holds = ({ values }) => Object.keys(values).every((name) => same(values[name], model.get(name)));
  const draw = () => {
    if (!presets.length) return;
    const held = holds(presets[pressed]) ? pressed : presets.findIndex(holds);
    if (held >= 0) asking = held;
    else if (!presets[asking].asks) asking = 0;
    buttons.forEach((button, i) => put(button, { "aria-pressed": String(i === held) }));
    // What the reader makes up has the words of the start, or those that asked for it.
    words.forEach((each, i) => put(each, { "data-off": i !== (held < 0 ? asking : held) }));
  };
  return { node, draw };
}

/**
 * Make a widget from `build(frame)`, which fills `frame.body` and returns
 * `{ draw(), summary(), tables() }`: draw what the model holds now, say it in a sentence,
 * and give its numbers as `[{ caption, columns, rows }]`. An error in any of them, or in what
 * `listen` calls, becomes a sentence in the figure's place.
 *
 * The frame: `model`, as anywidget gives it; `body`; `said`, the paragraph of the summary, which may
 * be moved into the body; `id`, unique in the page; `change({ name: value })` sets the model and tells
 * Python; `listen(target, type, act)` hears an event until the view ends; `redraw()` draws before the
 * next frame; `signal` is aborted when the view ends. Changes of the model, the width or the theme
 * redraw by themselves.
 */
export const figure = (build) => ({
  render({ model, el, signal: viewSignal }) {
    const own = new AbortController(); // ends every listener of this view
    const { signal } = own;
    viewSignal?.addEventListener("abort", () => own.abort(), { signal });

    const id = `cf-${Math.random().toString(36).slice(2)}`;
    const body = h("div", { class: "cf-body" });
    const said = h("p", { class: "cf-said", id: `${id}-said` });
    const spoken = h("p", { class: "cf-hidden", role: "status" });
    const region = h("div", { class: "cf-scroll", role: "group", tabindex: 0, "aria-label": "Numbers of the figure" });
    const fold = h("details", { class: "cf-fold", open: model.get("table_open") },
      h("summary", {}, "The numbers as a table"), region);
    const root = h("div", { class: "cf", role: "group", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-words ${id}-said` },
      h("p", { class: "cf-title", id: `${id}-title` }, model.get("title")),
      h("p", { class: "cf-hidden", id: `${id}-words` }, model.get("description")),
      body, said, spoken, fold);

    let waiting = 0;
    let speaking = 0;
    function draw() {
      waiting = 0;
      if (signal.aborted) return;
      guarded(show);
    }
    function show() {
      presets.draw();
      parts.draw();
      const sentence = parts.summary();
      if (sentence !== said.textContent) {
        said.textContent = sentence;
        // A screen reader hears where the reader comes to rest, not every step of a slider, nor the start.
        clearTimeout(speaking);
        if ("ready" in root.dataset) speaking = setTimeout(() => (spoken.textContent = sentence), 700);
      }
      if (fold.open) fillTables(region, parts.tables());
      root.dataset.ready = "";
    }
    const redraw = () => (waiting ||= requestAnimationFrame(draw));
    function guarded(act, ...details) {
      try {
        return act(...details);
      } catch (error) {
        root.replaceChildren(h("p", { role: "alert" },
          `This figure stopped: ${error.message}. Reload the page, or run its cell again, to start it anew.`));
        own.abort();
        console.error(error);
      }
    }

    const frame = {
      id, model, body, said, redraw, signal,
      listen: (target, type, act) => target.addEventListener(type, (event) => guarded(act, event), { signal }),
      change(values) {
        for (const [name, value] of Object.entries(values)) model.set(name, value);
        model.save_changes();
      },
    };
    const presets = tryThis(frame);
    body.before(presets.node);
    el.append(root);
    const parts = guarded(build, frame);
    if (!parts) return;

    // JupyterLab would take the arrow keys for moving between cells.
    frame.listen(root, "keydown", (event) => event.stopPropagation());
    frame.listen(fold, "toggle", () => { frame.change({ table_open: fold.open }); redraw(); });
    model.on("change", redraw);
    const resized = new ResizeObserver(redraw);
    resized.observe(root);
    const repainted = new MutationObserver(redraw);
    repainted.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    repainted.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    frame.listen(matchMedia("(prefers-color-scheme: dark)"), "change", redraw);
    frame.listen(matchMedia("print"), "change", draw); // at once: paper does not wait for a frame

    signal.addEventListener("abort", () => {
      model.off("change", redraw);
      resized.disconnect();
      repainted.disconnect();
      cancelAnimationFrame(waiting);
      clearTimeout(speaking);
    });
    return () => own.abort();
  },
});
