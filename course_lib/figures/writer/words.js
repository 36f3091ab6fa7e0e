// What the figure says: sentences and tables.
import { fixed } from "../base.js";
import { counted, thousands } from "../formats.js";
import { filtersInWords, probabilityText } from "../sampling/words.js";

const N_NAMED = 3;
const N_TAIL = 6; // words of the text that a sentence repeats

const quoted = (word) => `“${word}”`;

function tailOf(text) {
  const tail = text.slice(-N_TAIL).join(" ");
  return quoted(text.length > N_TAIL ? `… ${tail}` : tail);
}

/** Where a word looks, the most first. */
export function looksInWords({ text, looking, looks }) {
  const order = [...looks.keys()].sort((a, b) => looks[b] - looks[a]).slice(0, N_NAMED);
  const named = order.map((i) => `${i === looking ? "itself" : `${quoted(text[i])} (word ${i + 1})`} ${fixed(looks[i])}`);
  return `Word ${looking + 1}, ${quoted(text[looking])}, looks at ${named.join(", ")}.`;
}

export function writerInWords({ words, text, written, raw, shown, probs, settings, isEnded, ...now }) {
  if (isEnded) return `The tale is over after ${counted(text.length, "word")}, of which the model wrote ${written.length - 1}.`;
  const best = shown.slice(0, N_NAMED).map((i) => `${quoted(words[i])} ${probabilityText(raw[i])}`);
  const rules = settings.temperature === 0
    ? "Temperature 0 takes the first, always."
    : filtersInWords({ settings, tokens: words, ...now });
  return `After ${tailOf(text)} the model expects ${best.join(", ")}. ${rules}`;
}

/** How far the model is, and how fast. */
export function statusInWords({ phase, words, nRead, ms }, size) {
  if (phase === "away") return words ? `The model could not be loaded: ${words}.` : `The model (${size}) is fetched once, at your first press, and computes in your browser.`;
  if (phase === "loading") return words || `Loading the model (${size}) …`;
  if (words) return `The model stopped: ${words}.`;
  const rate = ms ? ` It has read ${counted(nRead, "word")}, ${thousands((1000 * nRead) / ms)} a second.` : "";
  return `The model is here and needs no network any more.${rate}`;
}

export function writerTables({ words, text, raw, probs, cutBy, shown, others, looking, looks }) {
  const rows = shown.map((i) => [words[i], probabilityText(raw[i]), cutBy[i] ? "0" : probabilityText(probs[i]), cutBy[i]]);
  rows.push([`${others.n} others`, probabilityText(others.raw), probabilityText(others.probs), `${others.n - others.nKept} cut`]);
  return [
    { caption: `After ${tailOf(text)}, the most probable first`, columns: ["word", "raw", "now", "cut by"], rows },
    { caption: `Where word ${looking + 1}, ${quoted(text[looking])}, looks`, columns: ["place", "word", "weight"],
      rows: [...looks].map((weight, i) => [String(i + 1), text[i], fixed(weight, 3)]) },
  ];
}
