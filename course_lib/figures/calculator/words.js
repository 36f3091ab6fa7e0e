// The calculator's numbers in words and as tables; calculator_words.py writes the same sentences.
import { CONTEXTS } from "./arithmetic.js";
import { byteSize, counted, significant, thousands } from "../formats.js";

function onTheCard({ card_gb: gb, fit }) {
  if (fit === null) return `The weights alone do not fit a card of ${gb} GB.`;
  if (fit === 0) return `A card of ${gb} GB holds the weights, but not one such sequence.`;
  return `A card of ${gb} GB holds the weights and ${counted(fit, "such sequence")}.`;
}

export const shapeName = ({ model_name, changed }) => (changed ? `${model_name} with a changed shape` : model_name);

export function inWords(now) {
  const { own, batch_size: batch, seq_len: seqLen } = now;
  const words = [
    `${shapeName(now)}, ${counted(batch, "sequence")} of ${counted(seqLen, "token")}: the cache takes ${byteSize(now.cache)}, ${significant(now.ratio, 2)} times the weights (${byteSize(now.weights)}).`,
    now.crossing === null
      ? "Windows in all layers keep it smaller than the weights, however long the context."
      : `It is as large as the weights at ${counted(now.crossing, "token")} a sequence.`,
    onTheCard(now),
  ];
  if (seqLen > own.max_seq_len) words.push(`${own.name} was published for up to ${counted(own.max_seq_len, "token")}: beyond, this is arithmetic only.`);
  return words.join(" ");
}

export function speedInWords({ own, batch_size: batch, weightsRead, cache, read, bandwidth_gb_per_s: bandwidth, tokensPerSecond }) {
  const [each, alone] = batch === 1 ? ["", ""] : [`, ${byteSize(read / batch)} a token`, ` in all, ${significant(tokensPerSecond / batch)} a sequence`];
  const experts = own.n_experts ? ` Only ${own.n_chosen} of the ${own.n_experts} experts of a layer are counted: tokens that choose others make it read more.` : "";
  return `For the next token of each sequence a step reads ${byteSize(weightsRead)} of weights once and ${byteSize(cache)} of cache: ${byteSize(read)}${each}. At ${thousands(bandwidth)} GB/s that allows at most ${significant(tokensPerSecond)} tokens a second${alone}. This is a ceiling, not a measurement: real decoding stays below it.${experts}`;
}

export function inTables(now) {
  const sizes = [
    ["one token of one sequence", now.token], ["one sequence", now.sequence],
    [counted(now.batch_size, "sequence"), now.cache], ["weights", now.weights],
    ["read by a step", now.read], ["read for each token", now.read / now.batch_size],
  ];
  return [
    { caption: "Sizes now", columns: ["what", "bytes", "about"], rows: sizes.map(([what, bytes]) => [what, thousands(Math.round(bytes)), byteSize(Math.round(bytes))]) },
    {
      caption: `Cache of ${counted(now.batch_size, "sequence")} by context`,
      columns: ["tokens", ...now.curves.map(({ label }) => label)],
      rows: CONTEXTS.map((tokens) => [thousands(tokens), ...now.curves.map(({ bytesAt }) => byteSize(bytesAt(tokens)))]),
    },
  ];
}
