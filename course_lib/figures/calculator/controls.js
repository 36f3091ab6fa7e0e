// What the reader chooses and drags: a model, its shape, number formats, batch, context, card.
import { h, put } from "../base.js";
import { nearest, shapeOf } from "./arithmetic.js";
import { counted, thousands } from "../formats.js";

const field = (id, label, ...inputs) => h("div", { class: "kv-field" }, h("label", { for: id }, label), ...inputs);

/** A list to choose from; `read` turns what was chosen into settings. */
function choice({ id, change, listen }, name, label, options, read) {
  const select = h("select", { id: `${id}-${name}` }, ...options.map(([value, words]) => h("option", { value }, words)));
  listen(select, "change", () => change(read(select.value)));
  return { select, node: field(select.id, label, select) };
}

/** A whole number to type; what does not fit is marked, said, and changes nothing. */
function number({ id, model, change, listen }, name, label) {
  const [low, high] = model.get("limits")[name];
  const input = h("input", { type: "number", id: `${id}-${name}`, min: low, max: high, step: 1, inputmode: "numeric", "aria-describedby": `${id}-${name}-fault` });
  const fault = h("span", { class: "kv-fault", id: `${id}-${name}-fault`, role: "alert" });
  function mark(wrong) {
    put(input, { "aria-invalid": wrong ? "true" : null });
    fault.textContent = wrong ? `A whole number from ${thousands(low)} to ${thousands(high)}.` : "";
  }
  const draw = () => {
    if (!input.hasAttribute("aria-invalid") && (input.value === "" || Number(input.value) !== model.get(name))) input.value = model.get(name);
  };
  listen(input, "input", () => {
    const value = Number(input.value);
    const fits = input.value !== "" && Number.isInteger(value) && value >= low && value <= high;
    mark(!fits);
    if (fits) change({ [name]: value });
  });
  listen(input, "blur", () => { mark(false); draw(); });
  return { input, fault, draw, node: field(input.id, label, input, fault) };
}

/** A number to drag along round values, or to type. */
export function dragged(frame, name, label, noun, steps) {
  const { id, model, change, listen } = frame;
  const typed = number(frame, name, label);
  const slider = h("input", { type: "range", min: 0, max: steps.length - 1, step: 1, "aria-label": label });
  listen(slider, "input", () => change({ [name]: steps[Number(slider.value)] }));
  const node = h("div", { class: "kv-drag" }, h("label", { for: `${id}-${name}` }, label), typed.input, slider, typed.fault);
  const draw = () => {
    typed.draw();
    slider.value = nearest(steps, model.get(name));
    put(slider, { "aria-valuetext": counted(model.get(name), noun) });
  };
  return { node, draw };
}

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
