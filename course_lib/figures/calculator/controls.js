// What the reader chooses: a model, its shape, number formats, card.
import { h, put } from "../base.js";
import { shapeOf } from "./arithmetic.js";
import { choice, number } from "./fields.js";
import { counted } from "../formats.js";

/** The model, its shape, and how its numbers are stored. */
export function shape(frame) {
  const { model, change, listen } = frame;
  const models = model.get("models");
  const named = choice(frame, "model_name", "Model", models.map(({ name }) => [name, name]), (name) => shapeOf(models.find((each) => each.name === name)));
  const [cache, weights] = [["cache_bytes_each", "Numbers of the cache"], ["weight_bytes_each", "Weights"]]
    .map(([name, label]) => choice(frame, name, label, model.get("formats"), (value) => ({ [name]: Number(value) })));
  const heads = choice(frame, "n_kv_heads", "Key/value heads", [], (value) => ({ n_kv_heads: Number(value) }));
  const pattern = choice(frame, "window_pattern", "Windowed layers",
    model.get("patterns"), (value) => ({ window_pattern: value }));
  const numbers = [["n_layers", "Layers"], ["d_head", "Width of a head"], ["window", "Window (0: none)"]].map(([name, label]) => number(frame, name, label));
  const reset = h("button", { type: "button", "aria-label": "Reset the shape" }, "Reset");
  listen(reset, "click", () => change(shapeOf(models.find(({ name }) => name === model.get("model_name")))));
  const inShort = h("summary", {});
  const node = h("div", {},
    h("div", { class: "kv-fields kv-wide" }, named.node, cache.node, weights.node),
    h("details", { class: "cf-fold" }, inShort, h("div", { class: "kv-fields" },
      numbers[0].node, heads.node, numbers[1].node, numbers[2].node, pattern.node, h("div", { class: "kv-field" }, reset))));

  let shown = 0; // query heads that the list of key/value heads was made for
  function draw(now) {
    const queries = now.own.n_heads;
    if (shown !== queries) {
      const divisors = Array.from({ length: queries }, (_, i) => i + 1).filter((n) => queries % n === 0);
      heads.select.replaceChildren(...divisors.map((n) =>
        h("option", { value: n }, n === queries ? `${n} (MHA)` : n === 1 ? "1 (MQA)" : `${n}`)));
      shown = queries;
    }
    for (const [name, { select }] of Object.entries({ model_name: named, cache_bytes_each: cache, weight_bytes_each: weights, n_kv_heads: heads, window_pattern: pattern })) select.value = now[name];
    put(pattern.select, { disabled: !now.window });
    put(reset, { disabled: !now.changed });
    numbers.forEach((each) => each.draw());
    inShort.textContent = shapeInWords(now);
  }
  return { node, draw };
}

const shapeInWords = ({ n_layers: layers, n_kv_heads: heads, d_head: width, own, windowed, window }) =>
  `Its shape: ${counted(layers, "layer")}, ${counted(heads, "key/value head")} for ${counted(own.n_heads, "query head")}, ${width} wide; ${
    windowed ? `a window of ${counted(window, "token")} in ${windowed === layers ? "all" : windowed} layers` : "no window"}`;

/** The card's memory, as a row of radio buttons. */
export function cardChoice({ id, model, change, listen }) {
  const inputs = model.get("cards").map((gb) => {
    const input = h("input", { type: "radio", name: `${id}-card`, value: gb });
    listen(input, "change", () => change({ card_gb: gb }));
    return { gb, input, node: h("label", {}, input, ` ${gb} GB`) };
  });
  const node = h("fieldset", { class: "kv-cards" }, h("legend", {}, "Memory of the card"), ...inputs.map((each) => each.node));
  return { node, draw: ({ card_gb: chosen }) => inputs.forEach(({ gb, input }) => (input.checked = gb === chosen)) };
}

export const bandwidth = (frame) => number(frame, "bandwidth_gb_per_s", "Memory bandwidth, GB/s");
