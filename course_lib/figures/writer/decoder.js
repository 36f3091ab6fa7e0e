// The decoder: reads a file of course_lib.kernels.decoder_file and computes what course_lib.decoder
// does, one token after the other, with the keys and values of all tokens before it in a cache.

const ARRAYS = { I8: Int8Array, F32: Float32Array };
const SIZE_BYTES = 8; // the length of a safetensors header, in front of it

/** Read the file; matrices become float32 again, whole numbers times the scale of their row. */
export function readDecoder(buffer) {
  const start = SIZE_BYTES + Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, SIZE_BYTES, start - SIZE_BYTES)));
  const { config, norm_eps, rotary_base } = JSON.parse(header.__metadata__.description);
  const array = (name) => {
    const { dtype, data_offsets: [from, to] } = header[name];
    return new ARRAYS[dtype](buffer.slice(start + from, start + to));
  };
  const weights = {};
  for (const name of Object.keys(header)) {
    if (name === "__metadata__" || name.endsWith(".scale")) continue;
    weights[name] = header[name].dtype === "I8" ? multiplied(array(name), array(`${name}.scale`)) : array(name);
  }
  const frequencies = Array.from({ length: config.d_model / config.n_heads / 2 }, (_, i) =>
    rotary_base ** ((-2 * i * config.n_heads) / config.d_model));
  return { ...config, norm_eps, weights, frequencies };
}

function multiplied(values, scale) {
  const width = values.length / scale.length;
  return Float32Array.from(values, (value, i) => value * scale[Math.floor(i / width)]);
}

/** A cache of no tokens yet: keys and values by layer, and of each token the weights of all heads. */
export function emptyCache({ n_layers, d_model, max_seq_len }) {
  const room = () => Array.from({ length: n_layers }, () => new Float32Array(max_seq_len * d_model));
  return { tokens: [], keys: room(), values: room(), rows: [], logits: null };
}

/** Forget all but the first n tokens. Keys and values past them are written over. */
export function cutCache(cache, n) {
  cache.tokens.length = cache.rows.length = n;
}

function product(matrix, x, bias) {
  const width = x.length;
  const out = new Float32Array(matrix.length / width);
  for (let row = 0, at = 0; row < out.length; row += 1) {
    let sum = bias ? bias[row] : 0;
    for (let i = 0; i < width; i += 1, at += 1) sum += matrix[at] * x[i];
    out[row] = sum;
  }
  return out;
}

function addTo(x, y) {
  for (let i = 0; i < x.length; i += 1) x[i] += y[i];
}

function layerNorm(x, gain, bias, eps) {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const scale = 1 / Math.sqrt(variance + eps);
  return x.map((value, i) => (value - mean) * scale * gain[i] + bias[i]);
}

/** x Φ(x). The error function by Abramowitz and Stegun 1964, 7.1.26: off by less than 1.5e-7. */
function gelu(x) {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-z * z);
  return 0.5 * x * (x < 0 ? tail : 2 - tail);
}

/** Turn each head of queries or keys by its place: component i of its first half with i of the second. */
function turn({ positions, n_heads, frequencies }, x, place) {
  if (positions !== "rotary") return x;
  const half = frequencies.length;
  frequencies.forEach((frequency, i) => {
    const [cos, sin] = [Math.cos(place * frequency), Math.sin(place * frequency)];
    for (let head = 0; head < n_heads; head += 1) {
      const at = 2 * half * head + i;
      const [a, b] = [x[at], x[at + half]];
      x[at] = a * cos - b * sin;
      x[at + half] = a * sin + b * cos;
    }
  });
  return x;
}

/** Mix the values of one layer by head, and write the weights into `row` from `at` on. */
function attend({ n_heads, d_model }, q, keys, values, row, at) {
  const width = d_model / n_heads;
  const mixed = new Float32Array(d_model);
  for (let head = 0; head < n_heads; head += 1) {
    const weights = row[at + head];
    let [largest, total] = [-Infinity, 0];
    for (let key = 0; key < weights.length; key += 1) {
      let score = 0;
      for (let i = head * width; i < (head + 1) * width; i += 1) score += q[i] * keys[key * d_model + i];
      weights[key] = score / Math.sqrt(width);
      largest = Math.max(largest, weights[key]);
    }
    for (let key = 0; key < weights.length; key += 1) total += weights[key] = Math.exp(weights[key] - largest);
    for (let key = 0; key < weights.length; key += 1) {
      weights[key] /= total;
      for (let i = head * width; i < (head + 1) * width; i += 1) mixed[i] += weights[key] * values[key * d_model + i];
    }
  }
  return mixed;
}

/** Read one more token: its keys, values and weights go into the cache, the scores of the next into `logits`. */
export function readToken(model, cache, token) {
  const { weights, n_layers, n_heads, d_model, max_seq_len, norm_eps } = model;
  const place = cache.tokens.length;
  if (place === max_seq_len) throw new Error(`the model reads ${max_seq_len} words and no more`);
  const norm = (x, name) => layerNorm(x, weights[`${name}.gain`], weights[`${name}.bias`], norm_eps);
  const x = weights["embedding.weight"].slice(token * d_model, (token + 1) * d_model);
  if (model.positions === "learned") addTo(x, weights["positions.table"].subarray(place * d_model));
  const row = Array.from({ length: n_layers * n_heads }, () => new Float32Array(place + 1));
  for (let layer = 0; layer < n_layers; layer += 1) {
    const block = `blocks.${layer}`;
    const linear = (input, name) => product(weights[`${block}.${name}.weight`], input, weights[`${block}.${name}.bias`]);
    let normed = norm(x, `${block}.attention_norm`);
    const [keys, values] = [cache.keys[layer], cache.values[layer]];
    keys.set(turn(model, linear(normed, "attention.to_k"), place), place * d_model);
    values.set(linear(normed, "attention.to_v"), place * d_model);
    const q = turn(model, linear(normed, "attention.to_q"), place);
    addTo(x, linear(attend(model, q, keys, values, row, layer * n_heads), "attention.to_out"));
    normed = norm(x, `${block}.feed_forward_norm`);
    addTo(x, linear(linear(normed, "feed_forward.to_hidden").map(gelu), "feed_forward.to_out"));
  }
  cache.tokens.push(token);
  cache.rows.push(row);
  cache.logits = product(weights["embedding.weight"], norm(x, "final_norm"));
}
