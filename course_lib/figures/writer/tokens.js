// The tokenizer: a token is a word of the tales. What is no such word gets an answer.

/** Cut a text into words; a full stop is a word. */
export const splitText = (text) => text.toLowerCase().replaceAll(".", " . ").split(/\s+/).filter(Boolean);

/** How many letters must be put in, taken out or exchanged to make one word another. */
function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const above = row;
    row = [i + 1];
    for (let j = 1; j <= b.length; j += 1) {
      row.push(Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter === b[j - 1] ? 0 : 1)));
    }
  }
  return row.at(-1);
}

const N_NEAR = 3;

/** The words most like an unknown one, of equals the first of the vocabulary. */
export const nearWords = (words, unknown) =>
  words.map((word) => [editDistance(unknown, word), word])
    .sort(([a], [b]) => a - b)
    .slice(0, N_NEAR)
    .map(([, word]) => word);

/** Say in a sentence why a text cannot be a beginning; "" if it can. */
export function faultOf(text, known, mostWords) {
  const parts = splitText(text);
  if (!parts.length) return "Write at least one word: every tale begins with “once”.";
  const unknown = parts.find((word) => !known.includes(word));
  if (unknown !== undefined) {
    const near = nearWords(known, unknown).map((word) => `“${word}”`);
    return `The model knows ${known.length} words, and “${unknown}” is none of them. ` +
      `Most like it are ${near.slice(0, -1).join(", ")} and ${near.at(-1)}.`;
  }
  return parts.length < mostWords ? "" : `A beginning has at most ${mostWords - 1} words, not ${parts.length}.`;
}
