// What the figure of tiles computes, as tile_numbers.py does.

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

function cut(length, width) {
  const parts = [];
  for (let first = 0; first < length; first += width) parts.push([first, Math.min(first + width, length)]);
  return parts;
}

/** Tiles in the order of work, without those in which no query may look at any key. */
function tilesOf(length, blockQ, blockK, causal) {
  return cut(length, blockQ).flatMap((queries) =>
    cut(length, blockK).filter(([firstKey]) => !causal || firstKey < queries[1]).map((keys) => ({ queries, keys })));
}

/** What is kept of a query before the first tile, and after one more. */
const nothing = (width) => ({ max: -Infinity, sum: 0, mixture: Array(width).fill(0), shrink: 1 });

function afterTile(state, scores, values) {
  const seen = scores.map((score, i) => [score, values[i]]).filter(([score]) => score !== null);
  const max = Math.max(state.max, ...seen.map(([score]) => score));
  if (max === -Infinity) return { ...state, shrink: 1 };
  const factor = Math.exp(state.max - max);
  const weights = seen.map(([score]) => Math.exp(score - max));
  return {
    max, shrink: state.sum ? factor : 1,
    sum: state.sum * factor + weights.reduce((a, b) => a + b, 0),
    mixture: state.mixture.map((part, d) => part * factor + seen.reduce((sum, [, value], i) => sum + weights[i] * value[d], 0)),
  };
}

/** Everything that is shown at one moment. */
export function lookAt(model) {
  const [queries, keys, values, blockQ, blockK, causal, most] =
    ["queries", "keys_", "values", "block_q", "block_k", "causal", "most"].map((name) => model.get(name));
  const [length, dHead, dValue] = [queries.length, queries[0].length, values[0].length];
  const tiles = tilesOf(length, blockQ, blockK, causal);
  const step = Math.min(model.get("step"), tiles.length);
  const score = (i, j) => (causal && j > i ? null : dot(queries[i], keys[j]) / Math.sqrt(dHead));
  const endsRow = (at) => at + 1 >= tiles.length || tiles[at + 1].queries[0] !== tiles[at].queries[0];

  let moved = 0;
  const rows = queries.map(() => nothing(dValue));
  tiles.slice(0, step).forEach(({ queries: [q0, q1], keys: [k0, k1] }, at) => {
    moved += (k1 - k0) * (dHead + dValue);
    if (!at || tiles[at - 1].queries[0] !== q0) moved += (q1 - q0) * dHead;
    if (endsRow(at)) moved += (q1 - q0) * dValue;
    for (let i = q0; i < q1; i++) {
      const scores = Array.from({ length: k1 - k0 }, (_, j) => score(i, k0 + j));
      rows[i] = afterTile(rows[i], scores, values.slice(k0, k1));
    }
  });
  const [bq, bk] = [Math.min(blockQ, length), Math.min(blockK, length)];
  return {
    length, blockQ, blockK, causal, most, tiles, step, score, rows, moved,
    here: step ? tiles[step - 1] : null,
    isReady: step > 0 && endsRow(step - 1),
    held: bq * (dHead + dValue + 2) + bk * (dHead + dValue) + bq * bk,
    plainly: 2 * length * (dHead + dValue) + 4 * length * length,
    tableSize: length * length,
  };
}

export const resultOf = ({ sum, mixture }) => mixture.map((part) => (sum ? part / sum : 0));
