// What the alignment explorer computes, as alignment_numbers.py does, and what it reads of the model.

/** Where each letter looked most (of equal weights at the first), and whether it is right. */
function align({ source, expected, produced, weights }) {
  const n = source.length;
  const looked = weights.map((row) => row.indexOf(Math.max(...row)));
  return {
    source, expected, produced, weights, n, looked,
    onLine: looked.map((column, i) => column === n - 1 - i),
    right: produced.map((letter, i) => letter === expected[i]),
  };
}

/** Cut the model's one buffer into the weights of each example. */
export function readExamples(model) {
  const { buffer, byteOffset, byteLength } = model.get("weights");
  const numbers = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  const [expected, produced] = ["expected", "produced"].map((name) => model.get(name));
  let start = 0;
  return model.get("sources").map((source, index) => {
    const weights = source.map(() => [...numbers.subarray(start, (start += source.length))]);
    return align({ source, expected: expected[index], produced: produced[index], weights });
  });
}

/** The lines of recall, and which readers, plans and gaps there are. */
export function readRecall(model) {
  const lines = model.get("lines").map((line) => ({ ...line, at: new Map(line.points) }));
  const all = (part) => [...new Set(lines.map((line) => line[part]))];
  const gaps = [...new Set(lines.flatMap(({ points }) => points.map(([gap]) => gap)))].sort((a, b) => a - b);
  return { lines, gaps, readers: all("reader"), plans: all("plan"), yardsticks: model.get("yardsticks") };
}

/** Everything that is shown at one moment: the figure's parts draw it. */
export function lookAt(model, examples, recall, hover) {
  const [index, row, gap, readers, plans] = ["example", "row", "gap", "readers", "plans"].map((name) => model.get(name));
  const isShown = ({ reader, plan }) => readers.includes(reader) && plans.includes(plan);
  return {
    index, example: examples[index], row, peek: hover.row ?? row, gap, peekGap: hover.gap ?? gap,
    readers, plans, shown: recall.lines.filter(isShown),
  };
}
