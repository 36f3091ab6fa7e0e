// What the figure of the residual stream reads of its model, as residual_data.py packs it.

const [PER_LENGTH, PER_UNIT] = [1000, 10000]; // packed as whole numbers of these parts of 1
const N_READ = 4; // words that the lens shows of a stage
const RECORD = 8 + 2 + 4 * N_READ + 4; // bytes

function record(bytes, at, vocabulary, isFirst) {
  const short = (place) => bytes.getUint16(at + 8 + 2 * place, true);
  return {
    length: bytes.getUint32(at, true) / PER_LENGTH,
    added: bytes.getUint32(at + 4, true) / PER_LENGTH,
    cosine: isFirst ? 0 : (short(0) - PER_UNIT) / PER_UNIT,
    read: Array.from({ length: N_READ }, (_, k) => [vocabulary[short(1 + k)], short(1 + N_READ + k) / PER_UNIT]),
    nextShare: short(1 + 2 * N_READ) / PER_UNIT,
    nextRank: short(2 + 2 * N_READ),
  };
}

/** Cut the model's one buffer into stages, by text, case and word. A case holds what differs from the first only. */
export function readTexts(model) {
  const { buffer, byteOffset, byteLength } = model.get("readings");
  const bytes = new DataView(buffer, byteOffset, byteLength);
  const [vocabulary, cases] = [model.get("vocabulary"), model.get("cases")];
  const nStages = 2 * model.get("n_layers") + 1;
  let at = 0;
  return model.get("texts").map((text) => {
    const read = [];
    for (const { parts } of cases) {
      const first = parts.length ? Math.min(...parts) + 1 : 0;
      const stages = Array.from({ length: nStages }, (_, stage) => text.words.map((_word, place) => {
        if (stage < first) return read[0][place][stage];
        at += RECORD;
        return record(bytes, at - RECORD, vocabulary, !stage);
      }));
      read.push(text.words.map((_, place) => stages.map((row) => row[place])));
    }
    return { ...text, read };
  });
}

/** The stage from which on the lens always reads the word that comes out. */
export function settledAt(stages) {
  const out = stages.at(-1).read[0][0];
  return stages.findLastIndex(({ read }) => read[0][0] !== out) + 1;
}

/** The stage at which most was added, of equal ones the first. */
export function largestPart(stages) {
  const added = stages.slice(1).map((stage) => stage.added);
  return 1 + added.indexOf(Math.max(...added));
}

/** How far the arrows reach, so that all fit one scale: along the stream, and across it. */
function reachOf(stages) {
  const found = stages.slice(0, -1).map(({ length }) => length);
  const along = stages.slice(1).flatMap(({ added, cosine }, i) => [0, found[i], found[i] + added * cosine]);
  const across = stages.map(({ added, cosine }) => added * Math.sqrt(Math.max(0, 1 - cosine ** 2)));
  return { left: Math.min(...along), right: Math.max(...along), up: Math.max(...across) };
}

/** Everything that is shown at one moment: the figure's parts draw it. */
export function lookAt(model, texts) {
  const [index, off, place] = ["text", "off", "place"].map((name) => model.get(name));
  const text = texts[index];
  const { name, parts } = model.get("cases")[off];
  return {
    index, text, off, place, parts, without: off ? name : "",
    stages: text.read[off][place], before: text.read[0][place], reach: reachOf(text.read[off][place]),
    shares: text.read[off].map((stages) => stages.at(-1).nextShare),
    sharesBefore: text.read[0].map((stages) => stages.at(-1).nextShare),
  };
}
