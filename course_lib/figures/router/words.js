// The figure of experts in words and as tables; router_words.py writes the same sentences.
import { fixed } from "../base.js";
import { counted, percent } from "../formats.js";

export const visitsInWords = (visits) => visits.map(({ expert, weight, granted }) =>
  `expert ${expert + 1} (${fixed(weight)}${granted ? "" : ", no room"})`).join(" and ");

function layerInWords({ layers, nChoices }, number) {
  const { loads, refused, passedBy } = layers[number];
  const busiest = Math.max(...loads);
  const idle = loads.filter((load) => load === 0).length;
  return `Layer ${number + 1}: the busiest expert, ${loads.indexOf(busiest) + 1}, is asked by ${counted(busiest, "word")}, and ${counted(idle, "expert")} by none; ` +
    `${refused} of ${nChoices} choices find no room: ${counted(passedBy, "word")} without any expert.`;
}

export function routerInWords(now) {
  const { words, word, layers, capacity } = now;
  const asked = layers.map((layer, number) => `layer ${number + 1} asks ${visitsInWords(layer.words[word])}${number === layers.length - 1 ? "." : ";"}`);
  return [`“${words[word]}”, word ${word + 1} of ${words.length}:`, ...asked, `An expert has room for ${counted(capacity, "word")}.`,
    ...layers.map((_, number) => layerInWords(now, number))].join(" ");
}

export function routerInTables({ words, layers, shares, nChoices }) {
  const heads = layers.map((_, number) => `layer ${number + 1}`);
  return [
    { caption: "Word by word", columns: ["word", ...heads],
      rows: words.map((word, i) => [word, ...layers.map((layer) => visitsInWords(layer.words[i]))]) },
    { caption: "Expert by expert", columns: ["expert", ...heads.flatMap((head) => [`${head}, this text`, `${head}, many tales`])],
      rows: shares[0].map((_, expert) => [String(expert + 1), ...layers.flatMap((layer, number) =>
        [`${layer.loads[expert]} of ${nChoices}`, percent(shares[number][expert])])]) },
  ];
}
