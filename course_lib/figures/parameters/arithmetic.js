// The sums of the parameter calculator, as parameter_numbers.py has them; nothing of the page.

const SIZES = [
  "n_layers", "d_model", "n_heads", "n_kv_heads", "d_head", "d_ff", "vocab_size", "max_seq_len", "n_experts",
  "n_chosen", "tied", "ffn_bias", "gated", "attention_bias", "norm", "positions"];
export const PARTS = ["embeddings", "attention", "feed-forward", "norms", "head"];
export const FORMATS = [["fp32", 4], ["bf16", 2], ["int8", 1]];
const BUCKETS = 32; // of T5's relative positions, in each stack
export const FLOPS_A_WEIGHT = 2; // a multiplication and an addition
export const BACKWARD_AND_FORWARD = 3;

/** The settings that take a public model as it was published. */
export const shapeOf = (own) => Object.fromEntries([["model_name", own.name], ...SIZES.map((name) => [name, own[name]])]);

const product = (numbers) => numbers.reduce((all, each) => all * each, 1);
const sum = (numbers) => numbers.reduce((all, each) => all + each, 0);
const term = (name, factors, inMatrices = false) => ({ name, factors, inMatrices, count: product(factors) });

function termsOf(shape) {
  const { d_model: width, d_ff: wide, vocab_size: tokens, n_heads: heads, d_head: head, n_experts: experts, tied, positions } = shape;
  const [dQ, dKV] = [heads * head, shape.n_kv_heads * head];
  const { attentions, feedForwards, matrices, ffnBias, ofNorm } = shape;
  const biases = (shape.attention_bias !== "none") * (dQ + 2 * dKV) + (shape.attention_bias === "all") * width;
  const choice = experts > 1;
  const ofExperts = choice ? [experts] : [];
  return {
    embeddings: [
      term("tokens", [tokens, width]),
      term("positions", [(positions === "learned") * shape.max_seq_len, width]),
      term("relative positions", [(positions === "relative") * shape.n_stacks, BUCKETS, heads]),
      term("segments", [shape.n_segments, width])],
    attention: [
      term("queries", [attentions, width, dQ], true),
      term("keys and values", [attentions, 2, width, dKV], true),
      term("outputs", [attentions, dQ, width], true),
      term("biases", [attentions, biases])],
    "feed-forward": [
      term(choice ? "matrices of the experts" : "matrices", [feedForwards, ...ofExperts, matrices, width, wide], true),
      term("biases", [feedForwards, ...ofExperts, ffnBias]),
      term("router", [feedForwards, width, choice * experts], true)],
    norms: [
      term("in the blocks", [shape.n_layers, shape.norms, ofNorm, width]),
      term("outside them", [shape.last_norms + shape.embedding_norms, ofNorm, width]),
      term("of queries and keys", [shape.head_norms * 2 * attentions, ofNorm, head])],
    head: [
      term("tokens", [!tied * tokens, width], true),
      term("layer before it", [shape.word_head * width, width], true),
      term("its bias and norm", [shape.word_head * (1 + ofNorm), width]),
      term("bias of each token", [shape.word_head * tokens]),
      term("summary of the sequence", [shape.summary_heads * (width + 1), width]),
      term("score of a pair", [shape.summary_heads * 2, width + 1])],
  };
}

/** All that follows from what the reader has chosen. */
export function measure(model) {
  const own = model.get("models").find(({ name }) => name === model.get("model_name"));
  const shape = { ...own, ...Object.fromEntries(SIZES.map((name) => [name, model.get(name)])) };
  const changed = SIZES.some((name) => shape[name] !== own[name]);
  const seqLen = model.get("seq_len");
  const matrices = shape.gated ? 3 : 2; // of a feed-forward layer
  Object.assign(shape, {
    attentions: shape.n_layers * own.attentions, feedForwards: shape.n_layers * own.feed_forwards, matrices,
    ffnBias: shape.ffn_bias * ((matrices - 1) * shape.d_ff + shape.d_model), ofNorm: shape.norm === "layer" ? 2 : 1,
  });
  const all = termsOf(shape);
  const terms = Object.fromEntries(PARTS.map((part) => [part, all[part].filter(({ count }) => count)]));
  const parts = Object.fromEntries(PARTS.map((part) => [part, sum(terms[part].map(({ count }) => count))]));
  const total = sum(Object.values(parts));
  const resting = (shape.n_experts - shape.n_chosen) * shape.feedForwards;
  const ofExpert = matrices * shape.d_model * shape.d_ff;
  const met = sum(Object.values(terms).flat().filter(({ inMatrices }) => inMatrices).map(({ count }) => count))
    + shape.tied * shape.vocab_size * shape.d_model - resting * ofExpert;
  const scores = 2 * FLOPS_A_WEIGHT * shape.attentions * shape.n_heads * shape.d_head * seqLen;
  const flops = FLOPS_A_WEIGHT * met + scores;
  return {
    own, shape, changed, seqLen, terms, parts, total, used: total - resting * (ofExpert + shape.ffnBias),
    met, scores, flops, trainingFlops: BACKWARD_AND_FORWARD * flops,
  };
}
