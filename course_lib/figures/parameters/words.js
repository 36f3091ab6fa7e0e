// The parameter calculator's numbers in words and as tables; parameter_words.py writes the same sentences.
import { byteSize, counted, largeCount, percent, thousands } from "../formats.js";
import { BACKWARD_AND_FORWARD, FLOPS_A_WEIGHT, FORMATS, PARTS } from "./arithmetic.js";

export function inWords({ own, changed, shape, parts, total, used }) {
  const name = changed ? `${own.name} with a changed shape` : own.name;
  const shares = PARTS.map((part) => `${part} ${percent(parts[part] / total, 1)}`);
  const sizes = FORMATS.map(([format, bytes]) => `${byteSize(total * bytes)} in ${format}`);
  const words = [
    `${name} has ${thousands(total)} parameters, ${largeCount(total)}: ${shares.join(", ")}.`,
    `They take ${sizes.slice(0, -1).join(", ")} and ${sizes.at(-1)}.`,
  ];
  if (used < total) words.push(`A token visits ${shape.n_chosen} of ${shape.n_experts} experts in each layer and meets ${largeCount(used)} of them.`);
  return words.join(" ");
}

/** The sum of a part with its numbers. */
export function sumInWords(part, { shape, terms }) {
  const written = terms[part].map(({ factors, name }) => `${factors.map((each) => thousands(each)).join(" · ")} ${name}`);
  if (part === "head" && shape.tied) written.unshift("0: the token embeddings score the tokens too");
  return written.join(" + ");
}

export function flopsInWords({ shape, met, seqLen, flops, trainingFlops }) {
  const who = shape.n_stacks === 1 ? "A token takes" : "One token read and one written take";
  return `${who} ${largeCount(flops)} FLOPs forward: ${FLOPS_A_WEIGHT} · ${thousands(met)} weights of matrices + ${2 * FLOPS_A_WEIGHT} · ${counted(shape.attentions, "attention layer")} · ${counted(shape.n_heads, "head")} · ${thousands(shape.d_head)} wide · ${counted(seqLen, "token")} seen = ${thousands(flops)}. In training, with the way back, about ${BACKWARD_AND_FORWARD} times as many: ${largeCount(trainingFlops)}.`;
}

export function inTables(now) {
  const { parts, total, used, terms } = now;
  const products = PARTS.flatMap((part) => terms[part].map(({ name, factors, count }) => [part, name, factors.map((each) => thousands(each)).join(" · "), thousands(count)]));
  return [
    {
      caption: "Parameters by part", columns: ["part", "parameters", "share", ...FORMATS.map(([format]) => format)],
      rows: [...PARTS.map((part) => [part, parts[part]]), ["all", total], ...(used < total ? [["met by a token", used]] : [])]
        .map(([part, count]) => [part, thousands(count), percent(count / total, 1), ...FORMATS.map(([, bytes]) => byteSize(count * bytes))]),
    },
    { caption: "The sums, product by product", columns: ["part", "of", "sizes", "parameters"], rows: products },
    {
      caption: `Operations of a token that sees ${counted(now.seqLen, "token")}`, columns: ["what", "FLOPs"],
      rows: [["matrices", now.flops - now.scores], ["scores and mixtures", now.scores], ["forward", now.flops], ["training", now.trainingFlops]].map(([what, count]) => [what, thousands(count)]),
    },
  ];
}
