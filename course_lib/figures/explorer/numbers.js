// What the explorer writes out: the scale and the mask, one query's row from scores to its output.
import { exact, fixed, h, plain, put, s } from "../base.js";

const VALUES_IN_TABLE = 3; // values up to this wide have a column
const POWER_TO_READ = 9; // e to more than this is too long a number: the largest score is taken off first

// The slider's left end is factor 0, its middle 1 and its right end 8.
const factorAt = (position) => Math.round((100 * (49 ** position - 1)) / 6) / 100;
const positionOf = (factor) => Math.log(6 * factor + 1) / Math.log(49);

export const step = (number, ...words) => h("p", { class: "cf-step" }, h("b", {}, number), ...words);
export const signed = (x, decimals) => (x < 0 ? `(${fixed(x, decimals)})` : fixed(x, decimals));
const vector = (numbers, write = fixed) => `(${numbers.map((x) => write(x)).join(", ")})`;

/** The slider of the scale, and the switch of the causal mask. */
export function switches({ id, model, change, listen }) {
  const slider = h("input", { type: "range", id: `${id}-scale`, min: 0, max: 1, step: 0.005 });
  const value = h("output", { for: `${id}-scale`, "aria-live": "off" });
  const middle = h("span", {});
  const score = h("p", { class: "cf-sum" });
  listen(slider, "input", () => change({ scale_factor: factorAt(Number(slider.value)) }));
  const box = h("input", { type: "checkbox" });
  listen(box, "change", () => change({ causal: box.checked }));
  const node = h("div", {},
    h("div", { class: "cf-scale" },
      step(2, h("label", { for: `${id}-scale` }, "Scale"), " ", value), slider,
      h("div", { class: "cf-ticks", "aria-hidden": "true" }, h("span", {}, "0: even"), middle, h("span", {}, "8×: sharp")), score),
    h("label", { class: "cf-switch", hidden: !model.get("causal_switch") }, box, " Hide the future: look at itself and back only (causal mask)"));
  const draw = ({ factor, scale, dHead, causal, query, key, now }) => {
    box.checked = causal;
    if (factorAt(Number(slider.value)) !== factor) slider.value = positionOf(factor);
    value.textContent = `${fixed(factor)} × 1/√${dHead} = ${fixed(scale, 3)}`;
    middle.textContent = `1/√${dHead}`;
    put(slider, { "aria-valuetext": `${fixed(scale, 3)}, ${fixed(factor)} times one over root ${dHead}`, "data-scale": exact(scale) });
    score.textContent = `score = ${fixed(scale, 3)} × ${signed(now.products[query][key])} = ${fixed(now.scores[query][key], 3)}`;
  };
  return { node, draw };
}

/** One query's row: a line for each key that it looks at, and the output they add up to. */
export function steps({ change, listen }, { tokens, heads }) {
  const dValue = heads[0].v[0].length;
  const inTable = dValue <= VALUES_IN_TABLE;
  const who = h("span", {});
  const share = h("p", { class: "cf-sum" });
  const before = [];
  const was = () => before[before.push(h("td", { class: "cf-was" })) - 1];
  const lines = tokens.map((token, j) => {
    const [product, score, weight, past, value] = [h("td", {}), h("td", {}), h("td", { class: "cf-weight" }), was(), h("td", { hidden: !inTable })];
    const node = h("tr", {}, h("th", { scope: "row" }, token), product, score, weight, past, value);
    listen(node, "click", () => change({ key: j }));
    return { node, product, score, weight, past, value };
  });
  const names = ["looked at", "q · k", "score", "weight", "before", "value"].map((name) => h("th", { scope: "col" }, name));
  put(names[5], { hidden: !inTable });
  before.push(names[4]);
  const result = h("p", { class: "cf-sum" });
  const size = 14 * dValue;
  const column = (kind) => Array.from({ length: dValue }, (_, c) => s("rect", { class: kind, x: 14 * c + 2, width: 10 }));
  const [bars, past] = ["cf-mix", "cf-past"].map(column);
  const drawing = s("svg", { class: "cf-bars", viewBox: `0 -13 ${size} 26`, width: size, "aria-hidden": "true" }, s("path", { d: `M0 0H${size}` }), ...bars, ...past);
  if (inTable) drawing.remove();
  const node = h("div", {},
    step(3, "Softmax: the shares of ", who), share,
    h("div", { class: "cf-steps", role: "group", tabindex: 0, "aria-label": "Scores, weights and values" },
      h("table", {}, h("thead", {}, h("tr", {}, ...names)), h("tbody", {}, ...lines.map((line) => line.node)))),
    step(4, "Mix: weight × value, added up"), result, ...(inTable ? [] : [drawing]));

  function draw({ query, key, now, start, mayLook, changed, rows }) {
    who.textContent = `“${tokens[query]}”`;
    before.forEach((cell) => put(cell, { hidden: !changed }));
    lines.forEach(({ node: line, product, score, weight, past: cell, value }, j) => {
      const [p, x, w] = [now.products, now.scores, now.weights].map((each) => each[query][j]);
      put(line, { "data-picked": j === key });
      product.textContent = fixed(p);
      score.textContent = mayLook(query, j) ? fixed(x) : "hidden";
      weight.textContent = fixed(w, 3);
      put(weight, { style: `--cf-share:${100 * w}%` });
      cell.textContent = fixed(start.weights[query][j], 3);
      if (inTable) value.textContent = vector(rows.v[j], (x) => plain(x));
    });
    const [x, w] = [now.scores[query][key], now.weights[query][key]];
    const { largest, total } = now.rows[query];
    const off = largest > POWER_TO_READ || largest < -POWER_TO_READ ? largest : 0;
    const power = `${fixed(x)}${off ? ` − ${signed(off)}` : ""}`;
    share.replaceChildren(...mayLook(query, key)
      ? [`“${tokens[key]}”: e`, h("sup", {}, power), ` = ${fixed(Math.exp(x - off))}, of ${fixed(total * Math.exp(largest - off))} in all: ${fixed(w, 3)}`]
      : [`“${tokens[key]}”: hidden by the mask, weight 0`]);
    const [output, first] = [now, start].map((each) => each.outputs[query]);
    const written = (row) => (inTable ? vector(row) : `${dValue} numbers`);
    result.textContent = `output of “${tokens[query]}” = ${written(output)}${changed ? `; before ${inTable ? written(first) : "dashed"}` : ""}`;
    put(result, { "data-output": output.map(exact).join(" ") });
    const tallest = Math.max(...[...now.outputs, ...start.outputs].flat().map(Math.abs)) || 1;
    for (const [rects, row] of [[bars, output], [past, first]]) {
      row.forEach((o, c) => put(rects[c], { y: Math.min(0, -12 * o / tallest), height: Math.abs(12 * o / tallest) }));
    }
    past.forEach((rect) => put(rect, { visibility: changed ? "visible" : "hidden" }));
  }
  return { node, draw };
}
