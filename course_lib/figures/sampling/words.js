// How probabilities are written, and what the filters do in words.
import { fixed, plain } from "../base.js";
import { counted } from "../formats.js";

/** Write a probability: a small one is not written as none. */
export const probabilityText = (p) => (p > 0 && p < 0.0005 ? "<0.001" : fixed(p, 3));

/** Say what temperature and filters leave. */
export function filtersInWords({ settings, tokens, keptAfter, nKept }) {
  const { temperature, top_k, top_p, min_p } = settings;
  const bend = temperature === 1 ? "" : `Temperature ${plain(temperature)} ${temperature < 1 ? "sharpens" : "flattens"} the distribution. `;
  const rules = [
    top_k !== null && ["top-k", String(top_k)],
    top_p !== 1 && ["top-p", plain(top_p)],
    min_p !== 0 && ["min-p", plain(min_p)],
  ].filter(Boolean);
  if (!rules.length) return `${bend}No filter: any of ${counted(nKept, "token")} may be drawn.`;
  const said = rules.map(([rule, value], i) =>
    `${rule} ${value} keeps ${keptAfter[rule]} of ${i ? "these" : counted(tokens.length, "token")}`);
  return `${bend}${said[0][0].toUpperCase()}${said.join(", then ").slice(1)}.`;
}
