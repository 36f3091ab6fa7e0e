// The sums of the calculator, from what its model holds; nothing of the page.

const GIGA = 1e9;
const SHAPE = ["n_layers", "n_kv_heads", "d_head", "window", "window_pattern"];
export const CONTEXTS = [...Array(14).keys()].map((octave) => 128 * 2 ** octave);

/** The settings that take a public model as it was published. */
export const shapeOf = (publicModel) => Object.fromEntries([["model_name", publicModel.name], ...SHAPE.map((name) => [name, publicModel[name]])]);

function layersWithWindow({ n_layers: layers, window, window_pattern: pattern }) {
  if (!window) return 0;
  const [of, among] = pattern.split("/").map(Number);
  return Math.floor(layers / among) * of + Math.min(layers % among, of);
}

/** The context from which a cache is as large as the weights; null if windows keep it smaller. */
function crossing({ weights, bytesAt, windowed, full, window }) {
  const whileFilling = Math.ceil(weights / bytesAt(1));
  if (!windowed || whileFilling <= window) return whileFilling;
  if (!full) return null;
  const growth = bytesAt(window + 2) - bytesAt(window + 1);
  return Math.ceil((weights - (bytesAt(window) - growth * window)) / growth);
}

/** All that follows from what the reader has chosen. */
export function measure(model) {
  const chosen = Object.fromEntries(
    ["model_name", ...SHAPE, "cache_bytes_each", "weight_bytes_each", "batch_size", "seq_len", "card_gb", "bandwidth_gb_per_s"]
      .map((name) => [name, model.get(name)]));
  const { n_layers: layers, n_kv_heads: kvHeads, d_head: width, window, batch_size: batch, seq_len: seqLen } = chosen;
  const own = model.get("models").find(({ name }) => name === chosen.model_name);
  const terms = own.parameters;
  const parameters = terms.outside + layers * (terms.per_layer + width * (terms.per_head_width + kvHeads * terms.per_kv_width));
  const windowed = layersWithWindow(chosen);
  const full = layers - windowed;
  const cacheOf = (heads, windowedLayers) => (tokens, sequences = batch) =>
    2 * heads * width * sequences * chosen.cache_bytes_each * ((layers - windowedLayers) * tokens + windowedLayers * Math.min(tokens, window));
  const bytesAt = cacheOf(kvHeads, windowed);

  const weights = parameters * chosen.weight_bytes_each;
  const weightsRead = (parameters - terms.looked_up - layers * terms.unchosen) * chosen.weight_bytes_each;
  const [sequence, cache] = [bytesAt(seqLen, 1), bytesAt(seqLen)];
  const card = chosen.card_gb * GIGA;
  const read = weightsRead + cache;
  const curves = [{ name: "as it is", short: "cache", label: "this cache", bytesAt }];
  if (kvHeads < own.n_heads) curves.push({ name: "MHA", short: "MHA", label: `${own.n_heads} KV heads, MHA`, bytesAt: cacheOf(own.n_heads, windowed) });
  if (kvHeads > 1) curves.push({ name: "MQA", short: "MQA", label: "1 KV head, MQA", bytesAt: cacheOf(1, windowed) });
  if (windowed) curves.push({ name: "no window", short: "no window", label: "without window", bytesAt: cacheOf(kvHeads, 0) });
  return {
    ...chosen, own, windowed, full, bytesAt, curves,
    changed: SHAPE.some((name) => chosen[name] !== own[name]),
    token: bytesAt(1, 1), sequence, cache, weights, weightsRead, read, card, room: card - weights,
    ratio: cache / weights,
    crossing: crossing({ weights, bytesAt, windowed, full, window }),
    share: (weights + cache) / card,
    fit: weights > card ? null : Math.floor((card - weights) / sequence),
    tokensPerSecond: batch * chosen.bandwidth_gb_per_s * GIGA / read,
  };
}
