// What the playground says: numbers, tokens, the sentence and the tables.
import { fixed, plain } from "../base.js";
import { counted, thousands } from "../formats.js";
import { filtersInWords, probabilityText } from "../sampling/words.js";

/** Write a token so that its spaces and ends of lines can be seen. */
export const tokenText = (token) =>
  token.replaceAll("\n", "⏎").replaceAll("\t", "⇥").replace(/^ +| +$/g, (spaces) => "␣".repeat(spaces.length));

const quoted = (token) => `“${tokenText(token)}”`;

function penaltyInWords({ settings: { repetition_penalty: penalty }, seen }) {
  if (penalty === 1) return "";
  if (!seen.size) return "The repetition penalty changes nothing: no token of the list is seen. ";
  return `The repetition penalty ${plain(penalty)} ${penalty > 1 ? "holds back" : "favours"} ${counted(seen.size, "seen token")}. `;
}

function drawsInWords({ draws, counts, tokens, probs, seed }) {
  if (!draws.length) return "";
  if (draws.length === 1) return ` Drawn with seed ${seed}: ${quoted(tokens[draws[0]])}.`;
  const most = counts.indexOf(Math.max(...counts));
  const kinds = counts.filter(Boolean).length;
  return ` In ${thousands(draws.length)} draws with seed ${seed}, ${counted(kinds, "different token")}; most often ` +
    `${quoted(tokens[most])}, ${counted(counts[most], "time")} (expected: ${fixed(draws.length * probs[most], 1)}).`;
}

export function playgroundInWords(now) {
  const { settings, tokens, probs, order } = now;
  const first = order[0];
  const start = settings.temperature === 0
    ? `Temperature 0 is greedy: only the most probable token is left, ${quoted(tokens[first])}.`
    : `${filtersInWords(now)} The most probable is ${quoted(tokens[first])} with ${probabilityText(probs[first])}.`;
  return `${penaltyInWords(now)}${start}${drawsInWords(now)}`;
}

export function playgroundTables({ text, tokens, logits, seen, raw, probs, cutBy, counts, shown, others, nKept, entropies }) {
  const rows = tokens.slice(0, shown).map((token, i) => [
    tokenText(token), fixed(logits[i], 3), seen.has(i) ? "yes" : "", probabilityText(raw[i]),
    cutBy[i] ? "0" : probabilityText(probs[i]), cutBy[i], String(counts[i])]);
  if (others.n) {
    rows.push([`${others.n} others`, "", "", probabilityText(others.raw), probabilityText(others.probs),
      `${others.n - others.nKept} cut`, String(others.count)]);
  }
  return [
    { caption: `After “${text}”, the most probable first`,
      columns: ["token", "logit", "seen", "raw", "now", "cut by", "drawn"], rows },
    { caption: "The whole distribution", columns: ["measure", "raw", "now"], rows: [
      ["tokens", String(tokens.length), String(nKept)],
      ["entropy, nats", ...entropies.map((e) => fixed(e, 3))],
      ["perplexity", ...entropies.map((e) => fixed(Math.exp(e), 2))],
    ] },
  ];
}
