// What the explorer writes out: the scale, a row of scores and weights, one pair's arithmetic.
import { exact, fixed, h, put, s } from "../base.js";
import { EDITABLE_WIDTH } from "./arithmetic.js";

// The slider's left end is factor 0, its middle 1 and its right end 8.
const factorAt = (position) => Math.round((100 * (49 ** position - 1)) / 6) / 100;
const positionOf = (factor) => Math.log(6 * factor + 1) / Math.log(49);

/** The slider of the scale, and the button that undoes everything. */
export function scaleControl({ id, change, listen }) {
  const slider = h("input", { type: "range", id: `${id}-scale`, min: 0, max: 1, step: 0.005 });
  const value = h("output", { for: `${id}-scale` });
  const middle = h("span", {});
  const reset = h("button", { type: "button", "aria-label": "Reset the scale and all numbers" }, "Reset");
  listen(slider, "input", () => change({ scale_factor: factorAt(Number(slider.value)) }));
  listen(reset, "click", () => change({ scale_factor: 1, edits: [] }));
  const node = h("div", { class: "cf-scale" },
    h("label", { for: `${id}-scale` }, "Scale ", value), reset, slider,
    h("div", { class: "cf-ticks", "aria-hidden": "true" }, h("span", {}, "0: all alike"), middle, h("span", {}, "8×: nearly hard")));
  const draw = ({ factor, scale, dHead }) => {
    if (factorAt(Number(slider.value)) !== factor) slider.value = positionOf(factor);
    value.textContent = `${fixed(factor)} × 1/√${dHead} = ${fixed(scale, 3)}`;
    middle.textContent = `1/√${dHead}`;
    put(slider, { "aria-valuetext": `${fixed(scale, 3)}, ${fixed(factor)} times one over root ${dHead}`, "data-scale": exact(scale) });
  };
  return { node, draw };
}

/** One query's row: a line for each key that it looks at. */
export function steps({ change, listen }, { tokens }) {
  const title = h("caption", {});
  const lines = tokens.map((token, j) => {
    const [product, score, weight] = [h("td", {}), h("td", {}), h("span", {})];
    const [bar, mark] = [h("i", {}), h("b", {})];
    const node = h("tr", {}, h("th", { scope: "row" }, token), product, score,
      h("td", { class: "cf-weight" }, h("span", { class: "cf-bar", "aria-hidden": "true" }, bar, mark), weight));
    listen(node, "click", () => change({ key: j }));
    return { node, product, score, weight, bar, mark };
  });
  const node = h("div", { class: "cf-steps" }, h("table", {}, title,
    h("thead", {}, h("tr", {}, ...["looked at", "q · k", "score", "weight"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...lines.map((line) => line.node))));
  const draw = ({ query, key, now, start, scale, mayLook, changed }) => {
    title.textContent = `score = ${fixed(scale, 3)} × q · k, weight = softmax(scores)`;
    lines.forEach(({ node: line, product, score, weight, bar, mark }, j) => {
      const [p, x, w] = [now.products, now.scores, now.weights].map((each) => each[query][j]);
      put(line, { "data-picked": j === key, "data-product": exact(p), "data-score": exact(x), "data-weight": exact(w) });
      product.textContent = fixed(p);
      score.textContent = mayLook(query, j) ? fixed(x) : "hidden";
      weight.textContent = fixed(w, 3);
      bar.style.width = `${100 * w}%`;
      put(mark, { hidden: !changed, style: `left:${100 * start.weights[query][j]}%` });
    });
  };
  return { node, draw };
}

/** One pair's dot product, score and weight, term by term, and the query's output. */
export function pairInFull({ id, change, listen }, { tokens, heads }) {
  const select = h("select", { id: `${id}-key` }, ...tokens.map((token, j) => h("option", { value: j }, `${j + 1}. ${token}`)));
  listen(select, "change", () => change({ key: Number(select.value) }));
  const names = ["Product", "Scale", "Softmax", "Output"];
  const texts = names.map(() => h("span", { class: "cf-sum" }));
  const heading = h("span", {});
  const node = h("div", { class: "cf-pair" },
    h("p", { class: "cf-pick" }, heading, h("label", { for: `${id}-key`, class: "cf-hidden" }, "Token that is looked at (key)"), select),
    h("ol", {}, ...names.map((name, i) => h("li", {}, h("b", {}, name), texts[i]))));
  const number = (x, decimals) => (x < 0 ? `(${fixed(x, decimals)})` : fixed(x, decimals));
  const width = 14 * heads[0].v[0].length;
  const columns = heads[0].v[0].map((_, c) => s("rect", { x: 14 * c + 2, width: 10 }));
  const bars = s("svg", { class: "cf-bars", viewBox: `0 -13 ${width} 26`, width, "aria-hidden": "true" }, s("path", { d: `M0 0H${width}` }), ...columns);
  const draw = ({ query, key, now, rows, scale, dHead, mayLook }) => {
    select.value = key;
    heading.textContent = `“${tokens[query]}” looks at `;
    const [p, x, w] = [now.products, now.scores, now.weights].map((each) => each[query][key]);
    const { largest, total } = now.rows[query];
    const terms = dHead <= EDITABLE_WIDTH
      ? rows.q[query].map((a, c) => `${number(a)} × ${number(rows.k[key][c])}`).join(" + ")
      : `sum of ${dHead} products`;
    const output = now.outputs[query];
    texts[0].textContent = `q · k = ${terms} = ${fixed(p)}`;
    texts[1].textContent = `${fixed(p)} × ${fixed(scale, 3)} = ${fixed(x, 3)}`;
    texts[2].replaceChildren(...mayLook(query, key)
      ? ["e", h("sup", {}, `${fixed(x, 3)} − ${number(largest, 3)}`), ` = ${fixed(Math.exp(x - largest), 3)}, of ${fixed(total, 3)} in all: ${fixed(w, 3)}`]
      : ["hidden by the mask: weight 0"]);
    const digits = output.length <= EDITABLE_WIDTH ? ` = (${output.map((o) => fixed(o)).join(", ")})` : `, ${output.length} numbers`;
    texts[3].replaceChildren(`sum of weight × value${digits}`, bars);
    put(texts[3], { "data-output": output.map(exact).join(" ") });
    const tallest = Math.max(...now.outputs.flat().map(Math.abs)) || 1;
    output.forEach((o, c) => put(columns[c], { y: Math.min(0, -12 * o / tallest), height: Math.abs(12 * o / tallest) }));
  };
  return { node, draw };
}
