// What the reader chooses: a model, and any of its sizes.
import { h, put } from "../base.js";
import { counted } from "../formats.js";
import { choice, number } from "../calculator/fields.js";
import { shapeOf } from "./arithmetic.js";

const OPTIONS = {
  attention_bias: [["none", "none"], ["qkv", "on queries, keys, values"], ["all", "on all four projections"]],
  norm: [["layer", "LayerNorm: gain, bias"], ["rms", "RMSNorm: gain"]],
  positions: [["learned", "learned: a vector each"], ["rotary", "rotary, or none learned"], ["relative", "T5's biases on scores"]],
};

/** Something that is so or not. */
function check({ id, model, change, listen }, name, label) {
  const input = h("input", { type: "checkbox", id: `${id}-${name}` });
  listen(input, "change", () => change({ [name]: input.checked }));
  return { draw: () => (input.checked = model.get(name)), node: h("div", { class: "cpc-check" }, input, h("label", { for: input.id }, label)) };
}

const divisors = (n) => Array.from({ length: n }, (_, i) => i + 1).filter((each) => n % each === 0);

/** Heads that may share keys and values; the lists follow what they depend on. */
function dependent(frame, name, label, read) {
  const list = choice(frame, name, label, [], (value) => ({ [name]: Number(value) }));
  let made = "";
  const draw = () => {
    const options = read();
    if (made !== (made = String(options))) list.select.replaceChildren(...options.map((each) => h("option", { value: each }, String(each))));
    list.select.value = frame.model.get(name);
  };
  return { node: list.node, draw };
}

/** The model, its main sizes, and behind a fold the others. */
export function controls(frame) {
  const { model, change, listen } = frame;
  const models = model.get("models");
  const named = choice(frame, "model_name", "Model", models.map(({ name }) => [name, name]), (name) => shapeOf(models.find((each) => each.name === name)));
  const typed = (name, label) => number(frame, name, label);
  const chosen = (name, label) => {
    const list = choice(frame, name, label, OPTIONS[name], (value) => ({ [name]: value }));
    list.node.classList.add("cpc-two");
    return { node: list.node, draw: () => (list.select.value = model.get(name)) };
  };
  const main = [typed("n_layers", "Layers"), typed("d_model", "Width (d_model)"), typed("d_ff", "Feed-forward width"), typed("vocab_size", "Vocabulary")];
  const checks = [check(frame, "tied", "head tied to embeddings"), check(frame, "gated", "gated feed-forward"), check(frame, "ffn_bias", "feed-forward biases")];
  const rest = [
    typed("n_heads", "Query heads"), dependent(frame, "n_kv_heads", "Key/value heads", () => divisors(model.get("n_heads"))), typed("d_head", "Width of a head"),
    chosen("attention_bias", "Biases of attention"), chosen("norm", "Normalisation"), chosen("positions", "Positions"), typed("max_seq_len", "Longest sequence"),
    typed("n_experts", "Experts"), dependent(frame, "n_chosen", "Experts visited", () => Array.from({ length: model.get("n_experts") }, (_, i) => i + 1))];
  const all = [...main, ...checks, ...rest];

  // Counts that must fit together are brought into step as soon as one of them changes.
  listen(rest[0].input, "input", () => model.get("n_heads") % model.get("n_kv_heads") && change({ n_kv_heads: model.get("n_heads") }));
  listen(rest[7].input, "input", () => model.get("n_chosen") > model.get("n_experts") && change({ n_chosen: model.get("n_experts") }));

  const reset = h("button", { type: "button", "aria-label": "Reset the shape" }, "Reset");
  listen(reset, "click", () => change(shapeOf(models.find(({ name }) => name === model.get("model_name")))));
  const inShort = h("summary", {});
  const node = h("div", {},
    h("div", { class: "kv-fields kv-wide" }, named.node, ...main.map((each) => each.node)),
    h("div", { class: "cpc-checks" }, ...checks.map((each) => each.node)),
    h("details", { class: "cf-fold" }, inShort, h("div", { class: "kv-fields" }, ...rest.map((each) => each.node), h("div", { class: "kv-field" }, reset))));
  const draw = ({ own, changed, shape }) => {
    named.select.value = own.name;
    all.forEach((each) => each.draw());
    put(rest[6].input, { disabled: shape.positions !== "learned" });
    put(reset, { disabled: !changed });
    inShort.textContent = shapeInWords(shape);
  };
  return { node, draw };
}

function shapeInWords({ n_heads: heads, n_kv_heads: kv, d_head: width, n_experts: experts, n_chosen: visited, attention_bias: bias, norm, positions, max_seq_len: longest }) {
  const words = [
    `${counted(heads, "query head")} and ${counted(kv, "key/value head")}, ${width} wide`,
    { none: "no biases in attention", qkv: "biases on queries, keys and values", all: "biases in attention" }[bias],
    { layer: "LayerNorm", rms: "RMSNorm" }[norm],
    { learned: `${counted(longest, "learned position")}`, rotary: "no learned positions", relative: "relative positions" }[positions],
  ];
  if (experts > 1) words.push(`${visited} of ${experts} experts`);
  return `The rest of its shape: ${words.join(", ")}`;
}

