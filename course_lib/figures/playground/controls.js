// What the reader sets besides the sliders: the prompt, seed and draws.
import { fixed, h, put } from "../base.js";
import { counted } from "../formats.js";
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
      h("span", { class: "cf-help" }, "same seed, same settings: same draws")), latest);
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
