// What the RoPE dial says: rope_words.py says the same.
import { fixed } from "../base.js";
import { counted, significant, thousands } from "../formats.js";
import { differencesTo } from "./arithmetic.js";

const [SCORE_DECIMALS, TIE] = [6, 1e9]; // shares that agree in nine decimals count as equal

export const inDegrees = (angle) => (angle === null ? "–" : `${fixed(angle, 1)}°`);

function placesInWords(queryAt, keyAt) {
  const gap = Math.abs(queryAt - keyAt);
  const apart = gap ? `${counted(gap, "position")} ${keyAt < queryAt ? "before" : "after"} it` : "at the same place";
  return `The query stands at position ${thousands(queryAt)}, the key at ${thousands(keyAt)}, ${apart}`;
}

export function ropeInWords({ queryAt, keyAt, shift, score, unmoved, pairs }) {
  const sizes = pairs.map(({ share }) => Math.round(Math.abs(share) * TIE));
  const most = sizes.indexOf(Math.max(...sizes));
  const { share, angle, positionsATurn } = pairs[most];
  const before = shift ? `, and at ${thousands(queryAt)} and ${thousands(keyAt)} it is ${fixed(unmoved, SCORE_DECIMALS)}` : "";
  return `${placesInWords(queryAt + shift, keyAt + shift)}; the score is ${fixed(score, SCORE_DECIMALS)}${before}. ` +
    `The largest share is that of pair ${most + 1} (${fixed(share, 3)}), whose arrows stand at ${inDegrees(angle)} ` +
    `to each other and go once round in ${significant(positionsATurn)} positions.`;
}

export function ropeTables({ pairs, reach, scoreAt }) {
  return [
    { caption: "The pairs", columns: ["pair", "radians a position", "positions a turn", "query’s length", "key’s length", "query points to", "key points to", "angle between", "share"],
      rows: pairs.map(({ speed, positionsATurn, lengths, directions, angle, share }, i) => [String(i + 1), fixed(speed, 6), significant(positionsATurn),
        ...lengths.map((length) => fixed(length, 3)), ...directions.map(inDegrees), inDegrees(angle), fixed(share, 6)]) },
    { caption: "Score by difference of positions, the query’s minus the key’s", columns: ["difference", "score"],
      rows: differencesTo(reach, 1).map((difference) => [fixed(difference, 0), fixed(scoreAt(difference), SCORE_DECIMALS)]) },
  ];
}
