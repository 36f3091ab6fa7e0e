// What the alignment explorer says: alignment_words.py says the same.
import { fixed } from "../base.js";
import { percent } from "../formats.js";

const MOST_NAMED = 5; // more wrong letters than this are counted, not named

const count = (flags) => flags.filter(Boolean).length;

export function rowInWords({ source, expected, produced, weights, n, looked, right }, row) {
  const [column, due] = [looked[row], n - 1 - row];
  const off = Math.abs(column - due);
  const verdict = right[row] ? "right" : `wrong: “${expected[row]}” was due`;
  const where = off
    ? `${off} place${off > 1 ? "s" : ""} ${column < due ? "before" : "after"} the anti-diagonal (place ${due + 1}, ${fixed(weights[row][due])})`
    : "on the anti-diagonal";
  return `Letter ${row + 1} of ${n} written: “${produced[row]}”, ${verdict}. It looks most at place ${column + 1}, ` +
    `“${source[column]}” (${fixed(weights[row][column])}), ${where}.`;
}

export const exampleInWords = ({ n, right, onLine }) =>
  `${count(right)} of ${n} letters are right. In ${count(onLine)} of ${n} rows (${percent(count(onLine) / n)}) the largest weight lies on the anti-diagonal.`;

export function wrongInWords({ expected, produced, right }) {
  const wrong = produced.map((_, i) => i).filter((i) => !right[i]);
  if (!wrong.length) return "No letter is wrong.";
  const named = wrong.slice(0, MOST_NAMED).map((i) => `${i + 1} (“${produced[i]}” for “${expected[i]}”)`);
  const rest = wrong.length > MOST_NAMED ? ` and ${wrong.length - MOST_NAMED} more` : "";
  return `Wrong: letter${wrong.length > 1 ? "s" : ""} ${named.join(", ")}${rest}.`;
}

export function recallInWords(gap, lines) {
  const said = lines.map(({ name, at }) => `${name} ${at.has(gap) ? fixed(at.get(gap)) : "not measured"}`);
  return `Gap ${gap}: ${said.join("; ") || "no line is chosen"}.`;
}

export function alignmentTables({ example, row }, { lines, gaps }) {
  const { source, expected, produced, weights, n, looked, right, onLine } = example;
  const yes = (flag) => (flag ? "yes" : "no");
  return [
    { caption: `Letters written, of ${n}`, columns: ["number", "written", "due", "right", "looked most at place", "letter there", "weight", "on the anti-diagonal", "weight on it"],
      rows: produced.map((letter, i) => [String(i + 1), letter, expected[i], yes(right[i]), String(looked[i] + 1), source[looked[i]], fixed(weights[i][looked[i]], 3), yes(onLine[i]), fixed(weights[i][n - 1 - i], 3)]) },
    { caption: `All weights of letter ${row + 1}, “${produced[row]}”`, columns: ["place", "letter read", "weight"],
      rows: source.map((letter, j) => [String(j + 1), letter, fixed(weights[row][j], 3)]) },
    { caption: "Share of right answers by gap", columns: ["line", ...gaps.map(String)],
      rows: lines.map(({ name, at }) => [name, ...gaps.map((gap) => (at.has(gap) ? fixed(at.get(gap), 3) : "–"))]) },
  ];
}
