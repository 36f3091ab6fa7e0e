// The figure of tiles in words and as tables; tile_words.py writes the same sentences.
import { fixed } from "../base.js";
import { thousands } from "../formats.js";
import { resultOf } from "./arithmetic.js";

const SAME = 1e-9; // a factor nearer to 1 than this has changed nothing

export const span = (one, many, [first, end]) => (end - first === 1 ? `${one} ${end}` : `${many} ${first + 1} to ${end}`);

function change({ here, rows, isReady }) {
  const [first, end] = here.queries;
  let most = first;
  for (let i = first; i < end; i++) if (rows[i].shrink < rows[most].shrink) most = i;
  const { max, shrink } = rows[most];
  const said = shrink < 1 - SAME
    ? `Query ${most + 1} met a larger score, ${fixed(max)}: what it had summed up was multiplied by ${fixed(shrink, 3)}.`
    : "No kept sum had to be put right.";
  return `${said}${isReady ? " These queries have seen all their keys and are done." : ""}`;
}

export function tilesInWords(now) {
  const { step, tiles, here, moved, plainly, held, tableSize } = now;
  const cost = `${thousands(moved)} numbers have gone to or from the slow memory so far; the plain form moves ${thousands(plainly)}. ` +
    `The fast memory holds ${thousands(held)} at most; the table would have ${thousands(tableSize)}.`;
  if (!step) return `Nothing is done yet: ${tiles.length} tiles will be. ${cost}`;
  return `Tile ${step} of ${tiles.length}: ${span("query", "queries", here.queries)} met ${span("key", "keys", here.keys)}. ${change(now)} ${cost}`;
}

export function tilesInTables({ rows, length, score, here }) {
  const scores = here ? Array.from({ length: here.queries[1] - here.queries[0] }, (_, i) => here.queries[0] + i) : [];
  const columns = here ? Array.from({ length: here.keys[1] - here.keys[0] }, (_, j) => here.keys[0] + j) : [];
  return [
    { caption: "What is kept of each query", columns: ["query", "maximum", "sum", "mixture", "mixture divided by sum"],
      rows: rows.slice(0, length).map((row, i) => [String(i + 1), fixed(row.max), fixed(row.sum, 3),
        row.mixture.map((part) => fixed(part, 3)).join(", "), resultOf(row).map((part) => fixed(part, 3)).join(", ")]) },
    { caption: "Scores of the tile", columns: ["query", ...columns.map((j) => `key ${j + 1}`)],
      rows: scores.map((i) => [String(i + 1), ...columns.map((j) => (score(i, j) === null ? "hidden" : fixed(score(i, j))))]) },
  ];
}
