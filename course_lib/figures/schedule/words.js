// The schedule figure in words and as tables; schedule_words.py writes the same sentences.
import { fixed } from "../base.js";
import { counted, percent, significant, thousands } from "../formats.js";
import { scientific } from "../powers.js";
import { STAGED, tableSteps, WITH_FLOOR } from "./arithmetic.js";

function way({ kind, n_warmup: warmup, n_decay: decay, warmupShare, peak, floor }) {
  const rise = warmup
    ? `${counted(warmup, "step")} of warm-up (${percent(warmupShare, 1)} of the steps), up to ${scientific(peak)}`
    : `no warm-up, ${scientific(peak)} at once`;
  if (!WITH_FLOOR.includes(kind)) return `${rise}, then ${kind === "constant" ? "on" : "down, without an end"}`;
  return `${rise}, then down${kind === STAGED ? ` over the last ${thousands(decay)}` : ""} to ${scientific(floor)}`;
}

function scheduleInWords(shape, step) {
  const { name, kind, n_steps: steps, rate, peak, area, ofPeak } = shape;
  return `${name}, ${kind}: ${way(shape)}. At step ${thousands(step)} the rate is ${scientific(rate)}, ${percent(rate / peak, 1)} of the peak${
    step < steps ? "" : ", after the end"}. The rates of all ${counted(steps, "step")} add up to ${significant(area)}, ${
    percent(ofPeak, 1)} of what the peak at every step would give.`;
}

export function inWords({ shown, step }) {
  const said = shown.map((shape) => scheduleInWords(shape, step));
  if (shown.length > 1) said.push(`The rates of B add up to ${fixed(shown[1].area / shown[0].area)} times those of A.`);
  return said.join(" ");
}

export function inTables({ shown, last }) {
  return [
    {
      caption: "The schedules", columns: ["schedule", "kind", "warm-up", "steps", "decay", "peak", "floor"],
      rows: shown.map(({ name, kind, ...each }) => [name, kind, thousands(each.n_warmup), thousands(each.n_steps),
        kind === STAGED ? thousands(each.n_decay) : "–", scientific(each.peak), WITH_FLOOR.includes(kind) ? scientific(each.floor) : "–"]),
    },
    {
      caption: "Rates by step", columns: ["step", ...shown.map(({ name }) => name)],
      rows: tableSteps(last).map((step) => [thousands(step), ...shown.map(({ rateAt }) => scientific(rateAt(step)))]),
    },
  ];
}
