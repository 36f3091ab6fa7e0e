// What the calculator writes out: sizes, the sum with the reader's numbers, the card, the speed.
import { exact, h, put } from "../base.js";
import { byteSize, counted, percent, thousands } from "../formats.js";
import { bandwidth, cardChoice } from "./controls.js";
import { speedInWords } from "./words.js";

/** Four sizes, large. */
export function tiles() {
  const names = ["token", "sequence", "cache", "weights"];
  const parts = names.map((name) => {
    const [label, value] = [h("dt", {}), h("dd", { "data-size": name })];
    return { name, label, value, node: h("div", {}, label, value) };
  });
  const node = h("dl", { class: "kv-tiles" }, ...parts.map((part) => part.node));
  const draw = (now) => {
    const labels = { token: "Cache, a token", sequence: "Cache, a sequence", cache: `Cache, ${counted(now.batch_size, "sequence")}`, weights: "Weights" };
    for (const { name, label, value } of parts) {
      label.textContent = labels[name];
      value.textContent = byteSize(now[name]);
      put(value, { "data-bytes": exact(now[name]) });
    }
  };
  return { node, draw };
}

/** The sum, factor by factor, each with its name under it; layers with a window are a sum of their own. */
export function sum() {
  const node = h("p", { class: "kv-sum" });
  const sign = (text) => h("span", { class: "kv-sign" }, ` ${text} `);
  const written = (text, name) => h("span", { class: "kv-factor" }, h("b", {}, text), h("small", {}, ` ${name}`));
  const factor = (number, name) => written(thousands(number), name);
  const named = (number, noun) => factor(number, number === 1 ? noun : `${noun}s`);
  const between = (text, groups) => groups.flatMap((group, i) => (i ? [sign(text), ...group] : group));
  const draw = ({ full, windowed, window, seq_len: seqLen, cache, ...now }) => {
    const product = ([layers, tokens]) => between("·", [
      factor(2, "keys, values"), named(layers, "layer"), named(now.n_kv_heads, "KV head"), factor(now.d_head, "wide"),
      named(now.batch_size, "sequence"), tokens < seqLen ? factor(tokens, "in window") : named(tokens, "token"),
      now.cache_bytes_each < 1 ? written("½", "byte") : named(now.cache_bytes_each, "byte"),
    ].map((each) => [each]));
    const kinds = [[full, seqLen], [windowed, Math.min(seqLen, window)]].filter(([layers]) => layers);
    node.replaceChildren(...between("+", kinds.map(product)), sign("="), h("span", { class: "kv-factor kv-result" },
      h("b", {}, `${thousands(cache)} bytes`), h("small", {}, ` ${byteSize(cache)}, or ${byteSize(cache, true)}`)));
  };
  return { node, draw };
}

/** The card as a bar: weights, cache, and what is left or missing. */
export function card(frame) {
  const choose = cardChoice(frame);
  const [weights, cache, end] = [h("i", { class: "kv-weights" }), h("i", { class: "kv-cache" }), h("b", { class: "kv-end" })];
  const bar = h("div", { class: "kv-bar", "aria-hidden": "true" }, weights, cache, end);
  const share = h("p", { class: "kv-share" });
  const node = h("section", { class: "kv-card" }, choose.node, bar, share);
  const draw = (now) => {
    choose.draw(now);
    const whole = Math.max(now.card, now.weights + now.cache);
    weights.style.width = `${100 * now.weights / whole}%`;
    cache.style.width = `${100 * now.cache / whole}%`;
    end.style.left = `${100 * now.card / whole}%`;
    put(bar, { "data-over": now.share > 1 });
    const fits = now.fit === null ? "the weights do not fit" : `${counted(now.fit, "such sequence")} ${now.fit === 1 ? "fits" : "fit"} beside the weights`;
    share.textContent = `Weights and cache: ${percent(now.share, now.share < 1 ? 1 : 0)} of the card; ${fits}.`;
    put(share, { "data-fit": String(now.fit), "data-share": exact(now.share) });
  };
  return { node, draw };
}

/** What a step reads, and the ceiling that follows. */
export function speed(frame) {
  const typed = bandwidth(frame);
  const words = h("p", {});
  const node = h("section", { class: "kv-speed" }, typed.node, words);
  const draw = (now) => {
    typed.draw();
    words.textContent = speedInWords(now);
    put(words, { "data-read": exact(now.read), "data-rate": exact(now.tokensPerSecond) });
  };
  return { node, draw };
}
