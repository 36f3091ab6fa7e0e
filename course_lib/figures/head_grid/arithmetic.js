// What the grid of heads computes, as head_grid_numbers.py does, and what it reads of the model.

const PER_UNIT = 1000; // weights are packed as whole numbers of this part of 1

const DIGITS = 9; // sums round differently in Python: both are cut where that cannot show

const mean = (numbers) => Number((numbers.reduce((sum, x) => sum + x, 0) / numbers.length).toFixed(DIGITS)); // of none: NaN
const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** The place of the largest number, of equal ones the first. */
export const largest = (numbers) => numbers.indexOf(Math.max(...numbers));

/** How dark a weight is drawn, of 1: its root, so that small weights can be seen. */
export const shade = (weight) => Math.sqrt(weight);

/** How far a part is played by each head, and by one that looks at all it sees alike. */
function part(name, tables, queries, keyOf) {
  const scores = tables.map((table) => mean(queries.map((t) => table[t][keyOf(t)])));
  return { name, scores, even: mean(queries.map((t) => 1 / (t + 1))) };
}

/** How often each head looks along a relation, and how often a fixed number of places back is right. */
function relation({ name, meaning, pairs }, tables) {
  const found = tables.map((table) => pairs.filter(([source, target]) => largest(table[source]) === target).length);
  const counts = new Map();
  for (const [source, target] of pairs) counts.set(source - target, (counts.get(source - target) ?? 0) + 1);
  const [offset, foundByOffset] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
  return { name, meaning, n: pairs.length, found, offset, foundByOffset };
}

function measure({ words, relations, repeat, tables }) {
  const n = words.length;
  const [start, period] = repeat.length ? repeat : [n, 1];
  const kinds = relations.map((each) => relation(each, tables));
  const sum = (numbers) => numbers.reduce((all, x) => all + x, 0);
  return {
    parts: [
      part("previous", tables, range(1, n), (t) => t - 1),
      part("first", tables, range(1, n), () => 0),
      part("induction", tables, range(start, n), (t) => t - period + 1),
    ],
    kinds,
    nPairs: sum(kinds.map((kind) => kind.n)),
    found: tables.map((_, head) => sum(kinds.map((kind) => kind.found[head]))),
  };
}

/** Cut the model's one buffer into a table for each head of each text, and measure them. */
export function readTexts(model) {
  const { buffer, byteOffset, byteLength } = model.get("weights");
  const bytes = new DataView(buffer, byteOffset, byteLength);
  const nHeads = model.get("n_layers") * model.get("n_heads");
  let at = -2;
  const next = () => bytes.getUint16((at += 2), true) / PER_UNIT;
  return model.get("texts").map((text) => {
    const tables = range(0, nHeads).map(() => text.words.map((_, i) => text.words.map((_, j) => (j > i ? 0 : next()))));
    return { ...text, n: text.words.length, tables, numbers: measure({ ...text, tables }) };
  });
}

/** Everything that is shown at one moment: the figure's parts draw it. */
export function lookAt(model, { texts }, hover) {
  const [index, head, place] = ["text", "head", "place"].map((name) => model.get(name));
  const text = texts[index];
  const peek = hover ?? place;
  const related = text.relations.flatMap(({ name, pairs }) => pairs.filter(([source]) => source === peek).map(([, target]) => ({ name, target })));
  return { index, text, head, place, peek, related, weights: text.tables[head] };
}
