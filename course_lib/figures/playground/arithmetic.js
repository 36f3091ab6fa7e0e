// What the playground shows at one moment: the filters at work on one prompt, and the draws.
import { drawTokens, filterTokens, sumOf } from "../sampling/filters.js";

export const SETTINGS = ["temperature", "top_k", "top_p", "min_p", "repetition_penalty"];

/** Cut the model's one buffer into the logits of each prompt. */
export function readLogits(model) {
  const { buffer, byteOffset, byteLength } = model.get("logits");
  const numbers = new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength));
  let start = 0;
  return model.get("tokens").map((tokens) => [...numbers.subarray(start, (start += tokens.length))]);
}

/** Everything that is shown at one moment: the figure's parts draw it. */
export function lookAtPrompt(model, allLogits) {
  const prompt = model.get("prompt");
  const [tokens, logits] = [model.get("tokens")[prompt], allLogits[prompt]];
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  const seen = new Set(model.get("seen")[prompt]);
  const [seed, nDraws, nShown] = ["seed", "n_draws", "n_shown"].map((name) => model.get(name));
  const now = filterTokens(logits, seen, settings);
  const draws = drawTokens(now, seed, nDraws);
  const counts = logits.map(() => 0);
  for (const token of draws) counts[token] += 1;
  const rest = tokens.map((_, i) => i).slice(nShown);
  const others = {
    n: rest.length,
    nKept: rest.filter((i) => !now.cutBy[i]).length,
    raw: sumOf(rest.map((i) => now.raw[i])),
    probs: sumOf(rest.map((i) => now.probs[i])),
    count: sumOf(rest.map((i) => counts[i])),
  };
  return {
    prompt, text: model.get("prompts")[prompt], tokens, logits, settings, seen, seed, draws, counts, others,
    shown: Math.min(tokens.length, nShown), ...now,
  };
}
