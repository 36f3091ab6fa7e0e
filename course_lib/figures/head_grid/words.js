// What the grid of heads says: head_grid_words.py says the same.
import { fixed } from "../base.js";
import { largest } from "./arithmetic.js";

const LEAST = 0.005; // a smaller weight would be written 0.00
const SPACE = "\u00a0"; // keeps on one line what is read together

export const shortName = (head, nHeads) => `${Math.floor(head / nHeads) + 1}.${(head % nHeads) + 1}`;
export const longName = (head, nHeads) => "Layer " + shortName(head, nHeads).replace(".", ", head ");

export function placeInWords({ words, relations }, row, place) {
  const named = (at) => `word ${at + 1}, “${words[at]}”`;
  const looks = `Word ${place + 1} of ${words.length}, “${words[place]}”,`;
  let where = `${looks} has nothing before it: it looks at itself.`;
  if (place) {
    const order = words.map((_, at) => at).slice(0, place + 1).sort((a, b) => row[b] - row[a]); // stable
    const [first, second] = order;
    const then = row[second] >= LEAST ? `, then at ${named(second)} (${fixed(row[second])})` : "";
    where = `${looks} looks most at ${named(first)} (${fixed(row[first])})${then}.`;
  }
  const known = relations.flatMap(({ name, pairs }) => pairs.filter(([source]) => source === place)
    .map(([, target]) => `${named(target)} (${name}), which gets ${fixed(row[target])}`));
  if (!known.length) return where;
  const following = place + 1 < words.length ? `“${words[place + 1]}”` : "the next word";
  return `${where} Next comes ${following}, related to ${known.join("; and to ")}.`;
}

export const scoreInWords = (score) => (Number.isNaN(score) ? "–" : fixed(score));

/** The weight below a word: a dash where none is possible, nothing where it would be 0.00. */
export const weightBelow = (weight, isLater) => (isLater ? "–" : weight < LEAST ? "" : fixed(weight));

const named = (head, nHeads) => `(head${SPACE}${shortName(head, nHeads)})`;
const ofAll = (some, n) => [some, "of", n].join(SPACE);

/** What is measured of a head: what, its number, the best head's, and a yardstick's. */
export function measures({ parts, kinds }, head, nHeads) {
  const ofPart = ({ name, scores, even }) => {
    if (Number.isNaN(even)) return [name, "–", "–", "no such place here"];
    const best = largest(scores);
    return [name, fixed(scores[head]), `${fixed(scores[best])} ${named(best, nHeads)}`, `looking evenly: ${fixed(even)}`];
  };
  const ofKind = ({ name, n, found, offset, foundByOffset }) => {
    const best = largest(found);
    return [name, ofAll(found[head], n), `${ofAll(found[best], n)} ${found[best] ? named(best, nHeads) : "(none)"}`,
      `${offset ? `always ${offset} back` : "always at itself"}: ${ofAll(foundByOffset, n)}`];
  };
  return [...parts.map(ofPart), ...kinds.map(ofKind)];
}

export function gridTables({ text, peek }, { nHeads }) {
  const { words, tables, numbers: { parts, kinds } } = text;
  const names = tables.map((_, head) => shortName(head, nHeads));
  return [
    { caption: `Scores of all heads on “${text.label}” (${text.model})`, columns: ["head", ...parts.map(({ name }) => name), ...kinds.map(({ name, n }) => `${name}, of ${n}`)],
      rows: names.map((name, head) => [name, ...parts.map(({ scores }) => (Number.isNaN(scores[head]) ? "–" : fixed(scores[head], 3))), ...kinds.map(({ found }) => String(found[head]))]) },
    { caption: `Where word ${peek + 1}, “${words[peek]}”, looks: weights in all heads`, columns: ["place", "word", ...names],
      rows: words.slice(0, peek + 1).map((word, at) => [String(at + 1), word, ...tables.map((table) => fixed(table[peek][at], 3))]) },
  ];
}
