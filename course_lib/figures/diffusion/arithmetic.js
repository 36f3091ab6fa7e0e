// What the figure of diffusion computes, as diffusion_numbers.py does.
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const read = (text) => Array.from(text, (letter) => (2 * ALPHABET.indexOf(letter)) / 63 - 1);

/** Everything that is shown at one moment. */
export function lookAt(model) {
  const [digit, guidance, shown, start, signal, spread] =
    ["digit", "guidance", "step", "start", "signal", "spread"].map((name) => model.get(name));
  const text = model.get("guesses")[digit][guidance];
  const nPixels = start.length;
  const guesses = signal.map((_, i) => read(text.slice(i * nPixels, (i + 1) * nPixels)));
  const canvases = [start];
  for (let i = 0; i + 1 < signal.length; i++) {
    const ratio = spread[i + 1] / spread[i];
    const picture = signal[i + 1] - ratio * signal[i];
    canvases.push(canvases[i].map((pixel, at) => picture * guesses[i][at] + ratio * pixel));
  }
  const last = guesses[guesses.length - 1];
  const apart = guesses.map((guess) =>
    Math.sqrt(guess.reduce((sum, pixel, at) => sum + (pixel - last[at]) ** 2, 0) / nPixels));
  const step = shown - 1;
  return {
    digit, guidance, step, apart, nSteps: signal.length,
    canvas: canvases[step], guess: guesses[step], shares: signal.map((each) => each ** 2),
    digitName: model.get("labels")[digit], strength: model.get("guidances")[guidance],
  };
}
