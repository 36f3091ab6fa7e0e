// The compute budget in words and as tables; budget_words.py writes the same sentences.
import { fixed } from "../base.js";
import { largeCount, significant, thousands } from "../formats.js";
import { duration, scientific } from "../powers.js";

const [LOSS_DECIMALS, MANY, CLOSE] = [4, 1000, 0.005]; // CLOSE: a size so near to the best is called the best

export const lossOf = (loss) => fixed(loss, LOSS_DECIMALS);
const times = (ratio) => `${significant(ratio)} times`;

const splitInWords = ({ parameters, tokens, each }) =>
  `${largeCount(parameters)} parameters and ${largeCount(tokens)} tokens, ${significant(each)} a parameter`;

export function inWords({ law_name: name, flops, best, chosen, lost, ratio }) {
  const said = `By the law “${name}”, ${scientific(flops)} operations are best spent on ${splitInWords(best)}: a loss of ${lossOf(best.loss)}. `;
  if (Math.abs(ratio - 1) < CLOSE) return `${said}That is the size chosen.`;
  return `${said}The size chosen is ${times(ratio)} as large, ${splitInWords(chosen)}: a loss of ${lossOf(chosen.loss)}, ${Number(lossOf(lost)) ? `${lossOf(lost)} more` : "the same to four decimals"}.`;
}

export const timeInWords = ({ teraflops, utilisation, seconds }) =>
  `One accelerator that does ${utilisation}\u00a0% of ${significant(teraflops)} TFLOP/s needs ${duration(seconds)}; ${thousands(MANY)} of them, if none waits for another, ${duration(seconds / MANY)}.`;

export function inTables({ best, chosen, trainings, law }) {
  const row = (name, { parameters, tokens, each, loss }) => [name, largeCount(parameters), largeCount(tokens), significant(each), lossOf(loss)];
  const tables = [
    { caption: "The budget’s best split and the chosen one", columns: ["split", "parameters", "tokens", "tokens a parameter", "loss"], rows: [row("best", best), row("chosen", chosen)] },
    { caption: "The law", columns: ["E", "A", "B", "α", "β"], rows: [[law.floor, law.size_scale, law.data_scale, law.size_exponent, law.data_exponent].map((each) => String(Number(each.toPrecision(5))))] },
  ];
  if (trainings.length) {
    tables.push({
      caption: "Trainings, each against the best split of its own compute", columns: ["training", "operations", "parameters", "tokens", "tokens a parameter", "loss by the law", "best parameters", "lost"],
      rows: trainings.map(({ name, flops, best: own, chosen: { parameters, tokens, each, loss }, lost }) =>
        [name, scientific(flops), largeCount(parameters), largeCount(tokens), significant(each), lossOf(loss), largeCount(own.parameters), lossOf(lost)]),
    });
  }
  return tables;
}
