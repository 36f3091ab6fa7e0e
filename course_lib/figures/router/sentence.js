// The words, each with the numbers of its experts, layer under layer, and a panel for one word's weights.
import { exact, fixed, h, put } from "../base.js";
import { visitsInWords } from "./words.js";

export function sentence({ model, change, listen, redraw }, view) {
  const words = h("div", { class: "cfx-words", role: "radiogroup", "aria-label": "Word" });
  const nLayers = model.get("shares")[0].length;
  const lines = Array.from({ length: nLayers }, () => h("p", {}));
  const name = h("p", { class: "cfx-name" });
  const panel = h("div", { class: "cfx-panel", "aria-hidden": "true" }, name, ...lines);
  const node = h("div", { class: "cfx-sentence" }, words, panel);
  let [chips, shown, now] = [[], "", null];

  function make(text) {
    chips = text.map((word, i) => {
      const layers = Array.from({ length: nLayers }, () => h("span", { class: "cfx-experts", "aria-hidden": "true" }));
      const said = h("span", { class: "cf-hidden" });
      const button = h("button", { type: "button", role: "radio" }, h("b", {}, word), said, ...layers);
      listen(button, "click", () => change({ word: i }));
      listen(button, "pointerenter", () => { view.hover = i; redraw(); });
      listen(button, "keydown", (event) => {
        const target = { ArrowRight: i + 1, ArrowDown: i + 1, ArrowLeft: i - 1, ArrowUp: i - 1, Home: 0, End: text.length - 1 }[event.key];
        if (target === undefined) return;
        event.preventDefault();
        const to = (target + text.length) % text.length;
        view.hover = null;
        change({ word: to });
        chips[to].button.focus();
      });
      return { button, layers, said };
    });
    words.replaceChildren(...chips.map(({ button }) => button));
  }
  listen(words, "pointerleave", () => { view.hover = null; redraw(); });

  function draw(seen) {
    now = seen;
    const key = now.words.join(" ");
    if (key !== shown) {
      make(now.words);
      view.hover = null;
      shown = key;
    }
    chips.forEach(({ button, layers, said }, i) => {
      const mine = now.layers.map((layer) => layer.words[i]);
      const chosen = i === now.word;
      put(button, { "aria-checked": String(chosen), tabindex: chosen ? 0 : -1, "data-without": mine.some((visits) => visits.every((visit) => !visit.granted)) });
      said.textContent = mine.map((visits, layer) => `, layer ${layer + 1}: ${visitsInWords(visits)}`).join("");
      layers.forEach((part, layer) => part.replaceChildren(...mine[layer].map(({ expert, weight, granted }) =>
        h("i", { "data-expert": expert + 1, "data-refused": !granted, "data-value": exact(weight) }, String(expert + 1)))));
    });
    const at = view.hover ?? now.word;
    name.textContent = `“${now.words[at]}”`;
    lines.forEach((line, layer) => (line.textContent = `Layer ${layer + 1}: ${now.layers[layer].words[at].map(({ expert, weight, granted }) =>
      `expert ${expert + 1}, ${fixed(weight)}${granted ? "" : " (no room)"}`).join(" · ")}`));
  }
  return { node, draw };
}
