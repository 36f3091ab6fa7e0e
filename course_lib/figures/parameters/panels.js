// What the calculator writes out: the total and its bytes, each part with a bar and its sum, the operations.
import { exact, h, put } from "../base.js";
import { byteSize, largeCount, percent, thousands } from "../formats.js";
import { dragged, stepsUpTo } from "../calculator/fields.js";
import { FORMATS, PARTS } from "./arithmetic.js";
import { flopsInWords, sumInWords } from "./words.js";

/** The total, and its bytes in each format. */
export function tiles() {
  const made = [["total", "Parameters"], ...FORMATS.map(([format, bytes]) => [format, `${format}, ${bytes} ${bytes === 1 ? "byte" : "bytes"} each`])]
    .map(([name, label]) => {
      const value = h("dd", { "data-size": name });
      return { name, value, node: h("div", {}, h("dt", {}, label), value) };
    });
  const node = h("dl", { class: "kv-tiles" }, ...made.map((each) => each.node));
  const draw = ({ total }) => {
    const sizes = { total, ...Object.fromEntries(FORMATS.map(([format, bytes]) => [format, total * bytes])) };
    for (const { name, value } of made) {
      value.textContent = name === "total" ? largeCount(total) : byteSize(sizes[name]);
      put(value, { "data-count": String(sizes[name]) });
    }
  };
  return { node, draw };
}

/** Each part: its name, its count, its share as a bar, and the sum that makes it. */
export function bars() {
  const rows = PARTS.map((part) => {
    const [bar, count, share, sum] = [h("i", {}), h("span", {}), h("span", { class: "cpc-share" }), h("p", { class: "cpc-sum" })];
    const node = h("li", { "data-part": part }, h("p", { class: "cpc-name" }, h("b", {}, part), " ", h("span", {}, count, " ", share)),
      h("div", { class: "cpc-bar", "aria-hidden": "true" }, bar), sum);
    return { part, bar, count, share, sum, node };
  });
  const node = h("ul", { class: "cpc-parts", "aria-label": "Parameters by part" }, ...rows.map((row) => row.node));
  const draw = (now) => rows.forEach(({ part, bar, count, share, sum, node: row }) => {
    const of = now.parts[part] / now.total;
    count.textContent = thousands(now.parts[part]);
    share.textContent = percent(of, 1);
    sum.textContent = sumInWords(part, now);
    bar.style.width = `${100 * of}%`;
    put(row, { "data-count": String(now.parts[part]), "data-share": exact(of) });
  });
  return { node, draw };
}

/** Operations a token, for a context to drag. */
export function operations(frame) {
  const [, longest] = frame.model.get("limits").seq_len;
  const context = dragged(frame, "seq_len", "Tokens that a token sees", "token", stepsUpTo(1, longest));
  const words = h("p", {});
  const node = h("section", { class: "cpc-operations" }, context.node, words,
    h("p", { class: "kv-note" }, "2 FLOPs for each weight of a matrix that the token passes, a multiplication and an addition: the head's too, tied or not, and only those of the experts it visits. 4 for each component of each head and each token seen: 2 for its score, 2 for its share of the mixture. Not counted: look-ups, biases, norms, softmax and activations, sliding windows, and heads that sum up a whole sequence."));
  const draw = (now) => {
    context.draw();
    words.textContent = flopsInWords(now);
    put(words, { "data-flops": String(now.flops), "data-training": String(now.trainingFlops) });
  };
  return { node, draw };
}
