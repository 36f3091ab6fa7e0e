// One sentence looks at itself: scores, weights and outputs are computed here from q, k and v.
import { figure, fixed, h } from "./base.js";
import { EDITABLE_WIDTH, bytesOf, look, readHeads } from "./explorer/arithmetic.js";
import { numberEditor, plane, pullEditor } from "./explorer/editors.js";
import { pairInFull, scaleControl, steps } from "./explorer/numbers.js";
import { headPicker, matrix, sentence } from "./explorer/pictures.js";

function inWords({ tokens, query, now, changed, labels, head }) {
  const order = now.weights[query].map((w, j) => [w, j]).sort((a, b) => b[0] - a[0]);
  const [first, second] = order;
  const named = ([w, j]) => `“${tokens[j]}” (${fixed(w)})`;
  const where = labels.length > 1 ? `${labels[head]}: ` : "";
  const end = changed ? " You changed the numbers: “Reset” brings them back." : "";
  if (!first[0]) return `${where}“${tokens[query]}” may look at nothing: its output is zero.${end}`;
  if (first[0] - order.at(-1)[0] < 1e-9) return `${where}“${tokens[query]}” looks at all tokens alike (${fixed(first[0])}).${end}`;
  return `${where}“${tokens[query]}” looks most at ${named(first)}${second?.[0] ? `, then at ${named(second)}` : ""}.${end}`;
}

function inTables({ tokens, query, now, labels, head }) {
  return [
    { caption: `Weights, ${labels[head]}: one row a token that looks`, columns: ["looks", ...tokens], rows: now.weights.map((row, i) => [tokens[i], ...row.map((w) => fixed(w, 3))]) },
    { caption: `Output of “${tokens[query]}”`, columns: ["component", "value"], rows: now.outputs[query].map((o, c) => [String(c + 1), fixed(o, 3)]) },
  ];
}

export default figure((frame) => {
  const { model, body, said, redraw } = frame;
  const [tokens, labels, mask] = ["tokens", "head_labels", "mask"].map((name) => model.get(name));
  const allowed = new Uint8Array(bytesOf(mask));
  const data = {
    tokens, labels, heads: readHeads(model, tokens.length), dHead: model.get("d_head"),
    mayLook: (i, j) => !allowed.length || allowed[i * tokens.length + j] === 1,
  };
  const view = { hover: null, hoverAt(pair) { view.hover = pair; redraw(); } };

  const [heads, line, scale, table, map, sums] =
    [headPicker, sentence, scaleControl, steps, matrix, pairInFull].map((make) => make(frame, data, view));
  const byNumber = data.dHead <= EDITABLE_WIDTH;
  const editor = byNumber ? numberEditor(frame, data) : pullEditor(frame, data, () => data.heads[model.get("head")]);
  const arrows = data.dHead === 2 ? [plane(frame, data)] : [];
  body.append(heads.node, line.node, said, scale.node, h("div", { class: "cf-grid" },
    h("div", {}, table.node, sums.node, ...(byNumber ? [editor.node] : [])),
    h("div", {}, map.node, ...(byNumber ? [] : [editor.node]), ...arrows.map(({ node }) => node))));

  let shown;
  return {
    draw() {
      shown = look(model, data, view.hover);
      for (const part of [heads, line, scale, table, map, sums, editor, ...arrows]) part.draw(shown);
    },
    summary: () => inWords(shown),
    tables: () => inTables(shown),
  };
});
