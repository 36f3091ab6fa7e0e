/** How many tokens two texts begin with alike. */
export function alikeStart(a, b) {
  const n = a.findIndex((token, i) => token !== b[i]);
  return n < 0 ? a.length : n;
}
