// What the figure of the residual stream says: residual_words.py says the same.
import { fixed } from "../base.js";
import { significant } from "../formats.js";
import { largestPart, settledAt } from "./arithmetic.js";

export const partName = (part) => `${part % 2 ? "feed-forward" : "attention"} ${Math.floor(part / 2) + 1}`;
export const stageName = (stage) => (stage ? partName(stage - 1) : "the embedding");

export const additionInWords = ({ added, cosine }, isOff) =>
  isOff ? "off: adds nothing" : `adds ${significant(added)}, cosine ${fixed(cosine)}`;

function outcomeInWords({ read: [[first, share], [second, other]] }) {
  return `“${first}” (${fixed(share)}), then “${second}” (${fixed(other)})`;
}

export function placeInWords({ text: { words }, place, stages, before, without }) {
  const [end, largest] = [stages.at(-1), largestPart(stages)];
  const said = [
    `Word ${place + 1} of ${words.length}, “${words[place]}”${without ? `, without ${without}` : ""}.`,
    `Its stream begins with length ${significant(stages[0].length)} and ends with ${significant(end.length)}; most is added by ${stageName(largest)} (${significant(stages[largest].added)}).`,
    `Out comes ${outcomeInWords(end)}; “${end.read[0][0]}” leads for good from ${stageName(settledAt(stages))} on.`,
  ];
  if (end.nextRank) {
    const withAll = without ? `, with all parts on ${fixed(before.at(-1).nextShare)}` : "";
    said.push(`The text goes on with “${words[place + 1]}”, which gets ${fixed(end.nextShare)}${withAll}.`);
  }
  return said.join(" ");
}

export function inTables({ text: { words, label, model }, place, stages, parts, shares, sharesBefore, without }) {
  const following = words[place + 1];
  return [
    {
      caption: `The stream at word ${place + 1}, “${words[place]}”${without ? `, without ${without}` : ""}`,
      columns: ["after", "stream", "added", "cosine", ...stages[0].read.map((_, k) => `read ${k + 1}`), ...(following ? [`“${following}”`, "rank"] : [])],
      rows: stages.map((stage, i) => [stageName(i), significant(stage.length),
        ...(i && !parts.includes(i - 1) ? [significant(stage.added), fixed(stage.cosine, 3)] : ["–", "–"]),
        ...stage.read.map(([word, share]) => `${word} ${fixed(share, 3)}`),
        ...(following ? [fixed(stage.nextShare, 3), String(stage.nextRank)] : [])]),
    },
    {
      caption: `What comes out for the word that follows, in “${label}” (${model})`,
      columns: ["place", "word", "followed by", ...(without ? [`without ${without}`] : []), "with all parts on"],
      rows: words.slice(0, -1).map((word, at) => [String(at + 1), word, words[at + 1], ...(without ? [fixed(shares[at], 3)] : []), fixed(sharesBefore[at], 3)]),
    },
  ];
}
