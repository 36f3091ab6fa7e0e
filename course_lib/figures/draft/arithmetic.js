// What the figure of speculative decoding computes, as draft_numbers.py and seeded_draws.py do.

const [DRAWS_EACH, STEP] = [3, 0x6d2b79f5];

/** One number of a row that depends on the seed alone, in [0, 1): mulberry32. */
function randomShare(seed, index) {
  const state = (seed + Math.imul(index + 1, STEP)) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** The word at a place between 0 and 1, words side by side in their order. */
function pointedAt(probs, share) {
  let total = 0;
  for (let i = 0; i < probs.length; i++) {
    total += probs[i];
    if (share < total) return i;
  }
  return probs.findLastIndex((prob) => prob > 0);
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

function draw({ target, draft, replacement }, seed, index) {
  const [first, share, last] = Array.from({ length: DRAWS_EACH }, (_, place) => randomShare(seed, DRAWS_EACH * index + place));
  const drafted = pointedAt(draft, first);
  const chance = Math.min(1, target[drafted] / draft[drafted]);
  const stands = share < chance;
  return { drafted, chance, share, stands, word: stands ? drafted : pointedAt(replacement, last) };
}

/** Everything that is shown at one moment. */
export function lookAt(model) {
  const [example, quality, nDrafted, nDraws, seed, rule] =
    ["example", "quality", "n_drafted", "n_draws", "seed", "rule"].map((name) => model.get(name));
  const [words, target, first] = ["vocabularies", "targets", "drafts"].map((name) => model.get(name)[example]);
  const draft = target.map((p, i) => quality * p + (1 - quality) * first[i]);
  const stands = target.map((p, i) => Math.min(p, draft[i]));
  const acceptance = sum(stands);
  const beyond = target.map((p, i) => Math.max(0, p - draft[i]));
  const total = sum(beyond);
  const replacement = rule || !(total > 0) ? target : beyond.map((each) => each / total);
  const emitted = stands.map((stood, i) => stood + (1 - acceptance) * replacement[i]);
  const opinions = { target, draft, replacement };
  const counts = words.map(() => 0);
  let last;
  for (let index = 0; index < nDraws; index++) {
    last = draw(opinions, seed, index);
    counts[last.word] += 1;
  }
  return {
    example, quality, nDrafted, nDraws, seed, rule, words, stands, acceptance, emitted, counts, last, ...opinions,
    apart: Math.max(...emitted.map((each, i) => Math.abs(each - target[i]))),
    ruleName: model.get("rules")[rule],
    yielded: sum(Array.from({ length: nDrafted + 1 }, (_, power) => acceptance ** power)),
  };
}
