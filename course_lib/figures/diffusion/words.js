// The figure of diffusion in words and as a table; diffusion_words.py writes the same sentences.
import { fixed } from "../base.js";
import { percent } from "../formats.js";

export function diffusionInWords({ step, nSteps, digitName, strength, shares, apart }) {
  const where = `Step ${step + 1} of ${nSteps}, painting a ${digitName} with guidance ${strength}: ${percent(shares[step], 1)} of the canvas’s variance is picture, the rest noise.`;
  return step === nSteps - 1 ? `${where} The guess is the painting.`
    : `${where} The guess differs from the painting by ${fixed(apart[step])} a pixel.`;
}

export function diffusionInTables({ shares, apart }) {
  return [{
    caption: "Step by step", columns: ["step", "share of picture", "guess from painting"],
    rows: shares.map((share, i) => [i + 1, percent(share, 1), fixed(apart[i])]),
  }];
}
