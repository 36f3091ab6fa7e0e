// The sums of the compute budget, from what its model holds; budget_numbers.py does the same.

const FLOPS_EACH = 6; // for a parameter and a token
const TERA = 1e12;
const GRAIN = 50; // places of a slider for each factor of ten

const excessOf = (law, parameters, tokens) =>
  law.size_scale / parameters ** law.size_exponent + law.data_scale / tokens ** law.data_exponent;

/** A model of a size, on the tokens that a budget leaves for it. */
export function splitAt(law, flops, parameters) {
  const tokens = flops / (FLOPS_EACH * parameters);
  const excess = excessOf(law, parameters, tokens);
  return { parameters, tokens, excess, loss: law.floor + excess, each: tokens / parameters };
}

/** The size with the lowest loss that a budget pays for. */
export function bestSplit(law, flops) {
  const both = law.size_exponent + law.data_exponent;
  const balance = ((law.size_exponent * law.size_scale) / (law.data_exponent * law.data_scale)) ** (1 / both);
  return splitAt(law, flops, balance * (flops / FLOPS_EACH) ** (law.data_exponent / both));
}

function against(law, flops, parameters) {
  const best = bestSplit(law, flops);
  const chosen = parameters === null ? best : splitAt(law, flops, parameters);
  return { best, chosen, lost: chosen.loss - best.loss, ratio: chosen.parameters / best.parameters };
}

/** Slider places for powers of ten between two ends: three digits of a value, the ends included. */
export const places = (low, high) => Math.round(GRAIN * Math.log10(high / low));
export const placeOf = (low) => (value) => GRAIN * Math.log10(value / low);
export const valueAt = (low, high) => (place) =>
  Math.min(high, Math.max(low, Number((low * 10 ** (place / GRAIN)).toPrecision(3))));

/** All that follows from what the reader has chosen. */
export function measure(model) {
  const chosen = Object.fromEntries(
    ["law_name", "flops", "n_parameters", "at_optimum", "teraflops", "utilisation"].map((name) => [name, model.get(name)]));
  const law = model.get("laws").find(({ name }) => name === chosen.law_name);
  const { flops, n_parameters: size, at_optimum: follows } = chosen;
  const trainings = model.get("trainings").map(({ name, n_parameters: parameters, n_tokens: tokens }) => {
    const compute = FLOPS_EACH * parameters * tokens;
    return { name, flops: compute, ...against(law, compute, parameters) };
  });
  return {
    ...chosen, law, trainings, ...against(law, flops, follows ? null : size),
    seconds: flops / (chosen.teraflops * TERA * chosen.utilisation / 100),
  };
}
