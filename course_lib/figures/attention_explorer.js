// One sentence looks at itself: scores, weights and outputs are computed here from q, k and v.
import { figure, fixed, h, put } from "./base.js";
import { EDITABLE_WIDTH, bytesOf, look, readHeads } from "./explorer/arithmetic.js";
import { pairByNumber, pairByPull, plane } from "./explorer/editors.js";
import { steps, switches } from "./explorer/numbers.js";
import { headPicker, matrix, sentence } from "./explorer/pictures.js";

const MOST_NAMED = 3; // more tokens with one weight are counted, not named
const ALIKE = 0.005; // weights closer than this are written alike, or nearly

/** “a”, “b” and “c” (0.15), for all tokens whose weight is written the same. */
function named(tokens, weights, written) {
  const which = tokens.filter((_, j) => fixed(weights[j]) === written).map((token) => `“${token}”`);
  const each = which.length > 1 ? `${written} each` : written;
  if (which.length > MOST_NAMED) return `${which.length} tokens (${each})`;
  return `${[which.slice(0, -1).join(", "), which.at(-1)].filter(Boolean).join(" and ")} (${each})`;
}

function inWords({ tokens, peek, now, start, changed, labels, head, mayLook }) {
  const { query } = peek;
  const { weights, spread } = now.rows[query];
  const token = `“${tokens[query]}”`;
  const where = labels.length > 1 ? `${labels[head]}: ` : "";
  const seen = weights.filter((_, j) => mayLook(query, j)).sort((a, b) => b - a);
  const [first, second] = new Set(seen.filter((w) => w >= ALIKE).map((w) => fixed(w)));
  const was = fixed(Math.max(...start.weights[query]));
  const end = changed ? ` Before (dashed): ${named(tokens, start.weights[query], was)}.` : "";
  if (!spread) return `${where}${token} may look at nothing: its output is zero.${end}`;
  if (seen.length > 1 && seen[0] - seen.at(-1) < ALIKE) return `${where}${token} looks at all ${seen.length} tokens alike (${fixed(seen[0])} each).${end}`;
  const then = second ? `, then at ${named(tokens, weights, second)}` : "";
  return `${where}${token} looks most at ${named(tokens, weights, first)}${then}. Spread: as if even over ${fixed(spread, 1)} of ${tokens.length} tokens.${end}`;
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
  const mayLook = new Uint8Array(bytesOf(mask));
  const data = {
    tokens, labels, heads: readHeads(model, tokens.length), dHead: model.get("d_head"),
    allowed: (i, j) => !mayLook.length || mayLook[i * tokens.length + j] === 1,
  };
  const view = { hover: null, hoverAt(pair) { view.hover = pair; redraw(); } };

  const pair = data.dHead <= EDITABLE_WIDTH ? pairByNumber : pairByPull;
  // Two columns of about one height: what is changed, and what follows.
  const columns = data.dHead === 2 ? [[pair, switches, plane], [steps, matrix]] : [[pair, switches, matrix], [steps]];
  const make = (part) => part(frame, data, view);
  const above = [headPicker, sentence].map(make);
  const [left, right] = columns.map((parts) => parts.map(make));
  const nodes = (parts) => parts.map(({ node }) => node);
  body.append(...nodes(above), said, h("div", { class: "cf-grid" }, h("div", {}, ...nodes(left)), h("div", {}, ...nodes(right))));

  let shown;
  return {
    draw() {
      shown = look(model, data, view.hover);
      put(said, { "data-changed": shown.changed });
      for (const part of [...above, ...left, ...right]) part.draw(shown);
    },
    summary: () => inWords(shown),
    tables: () => inTables(shown),
  };
});
