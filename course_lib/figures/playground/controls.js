// What the reader sets: the prompt, the five sliders, seed and draws.
import { fixed, h, plain, put } from "../base.js";
import { counted } from "../formats.js";
import { SETTINGS } from "./arithmetic.js";
import { tokenText } from "./words.js";

/** The text so far, and an empty place for the token drawn last. */
export function promptPicker({ id, model, change, listen }) {
  const texts = model.get("prompts");
  const select = h("select", { id: `${id}-prompt` }, ...texts.map((text, i) => h("option", { value: i }, text)));
  listen(select, "change", () => change({ prompt: Number(select.value) }));
  const [words, next] = [h("span", {}), h("span", { class: "cfp-next" })];
  const node = h("div", { class: "cfp-prompt" },
    h("p", { class: "cfp-pick", hidden: texts.length < 2 }, h("label", { for: `${id}-prompt` }, "Text so far"), select),
    h("p", { class: "cfp-text" }, words, " ", next));
  const draw = ({ prompt, text, tokens, draws }) => {
    select.value = prompt;
    words.textContent = text;
    next.textContent = draws.length ? tokenText(tokens[draws.at(-1)]) : "?";
  };
  return { node, draw };
}

const SLIDERS = {
  temperature: { label: "Temperature", step: 0.05, help: "below 1 sharpens, above 1 flattens; 0 takes the most probable" },
  top_k: { label: "Top-k", step: 1, off: null, help: "keep the k most probable" },
  top_p: { label: "Top-p", step: 0.01, off: 1, help: "keep the fewest that hold this share together" },
  min_p: { label: "Min-p", step: 0.01, off: 0, help: "keep those at least this share as probable as the first" },
  repetition_penalty: { label: "Repetition penalty", step: 0.05, off: 1, help: "above 1 holds back seen tokens (●); click a token in the list to mark it" },
};

/** One slider of a setting; that of top-k ends in "off". */
function sliderOf(name, { id, model, change, listen }) {
  const { label, step, off, help } = SLIDERS[name];
  const [min, max] = model.get("ranges")[name] ?? [1, 1];
  const input = h("input", { type: "range", id: `${id}-${name}`, min, max, step, "aria-describedby": `${id}-${name}-help` });
  const value = h("output", { for: `${id}-${name}`, "aria-live": "off" });
  const isLast = () => name === "top_k" && input.value === input.max;
  listen(input, "input", () => change({ [name]: isLast() ? null : Number(input.value) }));
  const node = h("div", { class: "cfp-slider" }, h("label", { for: `${id}-${name}` }, label), value, input,
    h("span", { class: "cfp-help", id: `${id}-${name}-help` }, help));
  const draw = ({ settings, tokens, shown }) => {
    const setting = settings[name];
    if (name === "top_k") input.max = Math.min(tokens.length, shown + 1);
    const position = setting ?? input.max;
    if (Number(input.value) !== Number(position)) input.value = position;
    const text = setting === null ? "off" : `${plain(setting)}${setting === off ? " (off)" : ""}`;
    value.textContent = text;
    put(input, { "aria-valuetext": text });
  };
  return { node, draw };
}

export function sliders(frame) {
  const all = SETTINGS.map((name) => sliderOf(name, frame));
  const node = h("div", { class: "cfp-sliders" }, ...all.map((slider) => slider.node));
  return { node, draw: (now) => all.forEach((slider) => slider.draw(now)) };
}

const N_LATEST = 12;

/** Draw tokens, clear them, and choose the seed that they depend on. */
export function drawing({ id, model, change, listen }) {
  const { n_draws: [, mostDraws], seed: [, lastSeed] } = model.get("ranges");
  const button = (name, act) => {
    const node = h("button", { type: "button" }, name);
    listen(node, "click", () => change(act()));
    return node;
  };
  const adders = [1, 100].map((n) => button(`Draw ${n}`, () => ({ n_draws: Math.min(mostDraws, model.get("n_draws") + n) })));
  const clear = button("Clear", () => ({ n_draws: 0 }));
  const seed = h("input", { type: "number", id: `${id}-seed`, min: 0, max: lastSeed, inputmode: "numeric" });
  listen(seed, "input", () => {
    put(seed, { "aria-invalid": !seed.value || !seed.validity.valid });
    if (!seed.hasAttribute("aria-invalid")) change({ seed: seed.valueAsNumber });
  });
  const next = button("Next seed", () => ({ seed: (model.get("seed") + 1) % (lastSeed + 1) }));
  const latest = h("p", { class: "cfp-latest" });
  const node = h("div", { class: "cfp-drawing" },
    h("div", { class: "cfp-buttons", role: "group", "aria-label": "Draw tokens" }, ...adders, clear),
    h("div", { class: "cfp-buttons" }, h("label", { for: `${id}-seed` }, "Seed"), seed, next,
      h("span", { class: "cfp-help" }, "same seed, same settings: same draws")), latest);
  const draw = ({ draws, tokens, seed: now }) => {
    for (const adder of adders) adder.disabled = draws.length >= mostDraws;
    clear.disabled = !draws.length;
    // What is being typed is left alone.
    if (seed.valueAsNumber !== now && document.activeElement !== seed) {
      seed.value = now;
      put(seed, { "aria-invalid": false });
    }
    const tail = draws.slice(-N_LATEST).map((token) => tokenText(tokens[token]));
    const start = draws.length > N_LATEST ? "… " : "";
    latest.textContent = draws.length ? `${counted(draws.length, "draw")}: ${start}${tail.join(" · ")}` : "Nothing drawn yet.";
  };
  return { node, draw };
}

/** Four numbers of the whole distribution, raw and now. */
export function measures() {
  const values = Array.from("1234", () => h("dd", {}));
  const node = h("dl", { class: "cfp-measures" }, ...["Tokens left", "Entropy, nats", "Perplexity", "Raw probability kept"].map((name, i) =>
    h("div", {}, h("dt", {}, name), values[i])));
  const draw = ({ tokens, nKept, entropies, massKept }) => {
    const texts = [[tokens.length, nKept], entropies.map((e) => fixed(e)), entropies.map((e) => fixed(Math.exp(e), 1)), [1, fixed(massKept, 3)]];
    texts.forEach((pair, i) => (values[i].textContent = pair.join(" → ")));
  };
  return { node, draw };
}
