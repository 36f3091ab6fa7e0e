// Filters and draws, in the order of course_lib.generation.sampling: repetition penalty, temperature,
// top-k, top-p, min-p. playground_numbers.py and seeded_draws.py compute the same.

const ROUNDING = 1e-9; // a share that meets its limit but for this has met it, as in playground_numbers.py

export const sumOf = (numbers) => numbers.reduce((sum, x) => sum + x, 0);

function probabilitiesOf(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((x) => Math.exp(x - largest));
  const total = sumOf(powers);
  return powers.map((x) => x / total);
}

const entropyOf = (probs) => Math.abs(sumOf(probs.map((p) => (p ? p * Math.log(p) : 0))));

/** How many of the most probable tokens hold a share p: a token stays if those before it hold less. */
function countTopP(falling, p) {
  if (p === 1) return falling.length;
  let before = 0;
  let kept = 0;
  for (const probability of probabilitiesOf(falling)) {
    if (before >= p - ROUNDING) break;
    before += probability;
    kept += 1;
  }
  return kept;
}

function countMinP(falling, share) {
  if (share === 0) return falling.length;
  const least = falling[0] + Math.log(share * (1 - ROUNDING));
  return falling.filter((x) => x >= least).length;
}

/** Scale and cut a distribution; every filter keeps the n most probable, of equals the first. */
export function filterTokens(logits, seen, { temperature, top_k, top_p, min_p, repetition_penalty }) {
  const penalised = logits.map((x, i) =>
    (!seen.has(i) ? x : x < 0 ? x * repetition_penalty : x / repetition_penalty));
  const scaled = temperature ? penalised.map((x) => x / temperature) : penalised;
  const order = scaled.map((_, i) => i).sort((a, b) => scaled[b] - scaled[a]); // stable
  const falling = order.map((i) => scaled[i]);

  const keptAfter = { temperature: temperature ? logits.length : 1 };
  keptAfter["top-k"] = Math.min(keptAfter.temperature, top_k ?? Infinity);
  keptAfter["top-p"] = countTopP(falling.slice(0, keptAfter["top-k"]), top_p);
  keptAfter["min-p"] = countMinP(falling.slice(0, keptAfter["top-p"]), min_p);
  const nKept = keptAfter["min-p"];

  const raw = probabilitiesOf(logits);
  const probs = logits.map(() => 0);
  const cutBy = logits.map(() => "");
  probabilitiesOf(falling.slice(0, nKept)).forEach((p, rank) => (probs[order[rank]] = p));
  order.slice(nKept).forEach((token, i) =>
    (cutBy[token] = Object.keys(keptAfter).find((rule) => nKept + i >= keptAfter[rule])));
  return {
    raw, probs, cutBy, keptAfter, nKept, order,
    massKept: sumOf(raw.filter((_, i) => !cutBy[i])),
    entropies: [entropyOf(raw), entropyOf(probs)],
  };
}

/**
 * A number in [0, 1) that depends on the seed and its place in the row alone: Mulberry32
 * (Tommy Ettinger, 2017, public domain), whose state grows by the same step each time.
 */
export function randomShare(seed, index) {
  const state = (seed + Math.imul(index + 1, 0x6d2b79f5)) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** Draw so many tokens, the first with the random number at `from`: each points at one place of the row of shares. */
export function drawTokens({ probs, order, nKept }, seed, n, from = 0) {
  let mass = 0;
  const ends = order.slice(0, nKept).map((token) => (mass += probs[token]));
  return Array.from({ length: n }, (_, i) => {
    const place = randomShare(seed, from + i);
    let [low, high] = [0, nKept - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] > place) high = middle;
      else low = middle + 1;
    }
    return order[low];
  });
}
