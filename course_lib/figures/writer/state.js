// What the figure holds: the text in words and in tokens, and all that is shown at one moment.
import { filterTokens } from "../sampling/filters.js";

export const SETTINGS = ["temperature", "top_k", "top_p", "min_p"];
export const N_SHOWN = 10; // a longer list of next words is one that nobody reads
export const MOST_K = 41; // the slider's last place, where top-k is off

/** The state that Python sees, with the words as tokens. */
export function readState(model) {
  const [words, end, written] = ["words", "end", "written"].map((name) => model.get(name));
  const [beginning, maxSeqLen] = [model.get("beginning").split(" "), model.get("max_seq_len")];
  const isEnded = written.at(-1) === words[end];
  const text = [...beginning, ...(isEnded ? written.slice(0, -1) : written)];
  const settings = { repetition_penalty: 1 };
  for (const name of SETTINGS) settings[name] = model.get(name);
  return {
    words, end, beginning, written, text, isEnded, settings, maxSeqLen,
    tokens: text.map((word) => words.indexOf(word)),
    isOver: isEnded || text.length >= maxSeqLen,
    seed: model.get("seed"),
    head: model.get("head"),
    looking: Math.min(model.get("looking") ?? Infinity, text.length - 1),
  };
}

/** What the model computed for the text at the start, as Python packed it: scores, then weights by word and head. */
export function readStart(model) {
  const { buffer, byteOffset, byteLength } = model.get("start");
  const numbers = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  const words = model.get("words");
  let at = words.length;
  const take = (n) => numbers.subarray(at, (at += n));
  const text = model.get("start_text");
  return {
    tokens: text.map((word) => words.indexOf(word)),
    logits: numbers.subarray(0, words.length),
    rows: text.map((_, place) => model.get("head_labels").map(() => take(place + 1))),
  };
}

/** Everything that is shown, from the state and what the model computed for its text. */
export function lookAt(state, { logits, rows }) {
  const next = filterTokens([...logits], new Set(), state.settings);
  const shown = next.order.slice(0, N_SHOWN);
  const rest = next.order.slice(N_SHOWN);
  const sum = (numbers) => rest.reduce((total, i) => total + numbers[i], 0);
  return {
    ...state, ...next, rows, shown, logits,
    others: { n: rest.length, nKept: rest.filter((i) => !next.cutBy[i]).length, raw: sum(next.raw), probs: sum(next.probs) },
    looks: rows[state.looking][state.head],
  };
}
