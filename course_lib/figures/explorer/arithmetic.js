// What the explorer computes: scores, weights and outputs from q, k and v, the reader's rows put in.

export const EDITABLE_WIDTH = 6; // queries and keys up to this wide are shown and edited number by number

export const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** Weights of one query's scores; keys that it may not look at get 0, and so do all if none is left. */
function softmax(scores, allowed) {
  const largest = Math.max(...scores.filter((_, j) => allowed(j)));
  const powers = scores.map((x, j) => (allowed(j) ? Math.exp(x - largest) : 0));
  const total = powers.reduce((sum, x) => sum + x, 0);
  const weights = powers.map((x) => (total ? x / total : 0));
  // As many tokens, looked at alike, would be as hard to foresee: e to the entropy.
  const spread = total && Math.exp(-weights.reduce((sum, w) => sum + (w && w * Math.log(w)), 0));
  return { largest, total, weights, spread };
}

/** Attend as in course_lib.attention, and keep every step. */
export function attend({ q, k, v }, scale, mayLook) {
  const products = q.map((row) => k.map((key) => dot(row, key)));
  const scores = products.map((row) => row.map((x) => x * scale));
  const rows = scores.map((row, i) => softmax(row, (j) => mayLook(i, j)));
  const outputs = rows.map(({ weights }) => v[0].map((_, c) => dot(weights, v.map((row) => row[c]))));
  return { products, scores, rows, weights: rows.map((row) => row.weights), outputs };
}

export const bytesOf = (view) => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);

/** Cut the model's one buffer into q, k and v of each head, as rows. */
export function readHeads(model, nTokens) {
  const numbers = new Float32Array(bytesOf(model.get("qkv")));
  let start = 0;
  const matrix = (width) => Array.from({ length: nTokens }, () => [...numbers.subarray(start, (start += width))]);
  const [dHead, dValue] = [model.get("d_head"), model.get("d_value")];
  return model.get("head_labels").map(() => ({ q: matrix(dHead), k: matrix(dHead), v: matrix(dValue) }));
}

/** A head with the reader's rows in place of its own. */
export function withEdits(head, index, edits) {
  const edited = { ...head, q: [...head.q], k: [...head.k] };
  for (const { head: at, part, token, row } of edits) if (at === index) edited[part][token] = row;
  return edited;
}

/**
 * Everything that is shown at one moment: the figure's parts draw it. `query` and `key` are chosen;
 * `peek` is the pair under the mouse, else the chosen one: only pictures follow it, so that no number
 * that is being read or typed changes, and nothing moves.
 */
export function look(model, data, hover) {
  const [head, factor, edits, causal, query, key] =
    ["head", "scale_factor", "edits", "causal", "query", "key"].map((name) => model.get(name));
  const scale = factor / Math.sqrt(data.dHead);
  const mayLook = (i, j) => data.allowed(i, j) && !(causal && j > i);
  const rows = withEdits(data.heads[head], head, edits);
  return {
    ...data, head, factor, scale, edits, causal, query, key, mayLook, rows,
    peek: { query, key, ...hover },
    now: attend(rows, scale, mayLook),
    start: attend(data.heads[head], 1 / Math.sqrt(data.dHead), data.allowed),
    changed: factor !== 1 || causal || edits.some((edit) => edit.head === head),
  };
}

/** The edits with one row of q or k replaced, or put back when `row` is null. */
export function replaceRow(model, part, token, row, pull) {
  const head = model.get("head");
  const others = model.get("edits").filter((edit) => edit.head !== head || edit.part !== part || edit.token !== token);
  return { edits: row ? [...others, { head, part, token, row, ...pull }] : others };
}
