// What the RoPE dial computes, as rope_numbers.py does.

const FINE = 0.25; // between the points of a curve, in positions

/** Differences of positions from one end of the curves to the other, whole or so close that a curve is smooth. */
export const differencesTo = (reach, step = FINE) => Array.from({ length: (2 * reach) / step + 1 }, (_, i) => i * step - reach);

const toDegrees = (radians) => (radians * 180) / Math.PI;

/** Neighbouring components as arrows. */
const inPairs = (row) => row.flatMap((a, i) => (i % 2 ? [] : [[a, row[i + 1]]]));

function turned([a, b], angle) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [a * cos - b * sin, a * sin + b * cos];
}

/** Where an arrow points to, anticlockwise, from 0 to 360; null for one without length. */
function directionOf([x, y]) {
  if (!x && !y) return null;
  const degrees = toDegrees(Math.atan2(y, x));
  return degrees < 0 ? degrees + 360 : degrees;
}

/** One pair with its arrows turned to their positions. */
function pairAt(query, key, speed, queryAt, keyAt) {
  const [q, k] = [turned(query, queryAt * speed), turned(key, keyAt * speed)];
  const share = q[0] * k[0] + q[1] * k[1];
  const lengths = [q, k].map((arrow) => Math.hypot(...arrow));
  const cross = q[0] * k[1] - q[1] * k[0];
  return {
    q, k, speed, share, lengths,
    positionsATurn: (2 * Math.PI) / speed,
    directions: [q, k].map(directionOf),
    startDirections: [query, key].map(directionOf),
    angle: lengths[0] && lengths[1] ? toDegrees(Math.atan2(Math.abs(cross), share)) : null,
  };
}

const scoreOf = (pairs) => pairs.reduce((sum, { share }) => sum + share, 0);

/** Everything that is shown at one moment: the figure's parts draw it. */
export function lookAt(model) {
  const [example, base, queryAt, keyAt, shift, reach] =
    ["example", "base", "query_at", "key_at", "shift", "reach"].map((name) => model.get(name));
  const [query, key] = ["query_rows", "key_rows"].map((name) => inPairs(model.get(name)[example]));
  const speeds = query.map((_, i) => 1 / base ** (i / query.length));
  const pairsAt = (i, j) => query.map((arrow, p) => pairAt(arrow, key[p], speeds[p], i, j));
  const pairs = pairsAt(queryAt + shift, keyAt + shift);
  return {
    example, base, queryAt, keyAt, shift, reach, pairs,
    difference: queryAt - keyAt,
    score: scoreOf(pairs),
    unmoved: scoreOf(pairsAt(queryAt, keyAt)),
    scoreAt: (difference) => scoreOf(pairsAt(difference, 0)),
    shareAt: (p, difference) => pairAt(query[p], key[p], speeds[p], difference, 0).share,
    longest: Math.max(...pairs.flatMap(({ lengths }) => lengths)),
    products: pairs.map(({ lengths: [a, b] }) => a * b),
  };
}
