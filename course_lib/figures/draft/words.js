// The figure of speculative decoding in words and as a table; draft_words.py writes the same sentences.
import { fixed } from "../base.js";
import { counted, percent, thousands } from "../formats.js";

const SAME = 1e-9; // a distance below this is rounding

export function draftInWords({ words, last, nDraws, nDrafted, acceptance, yielded, apart, ruleName }) {
  const judged = `Draw ${thousands(nDraws)}: “${words[last.drafted]}” was drafted and stands with probability ${fixed(last.chance)}; the lot said ${fixed(last.share)}, so it ${
    last.stands ? "stands." : `falls, and “${words[last.word]}” takes its place.`}`;
  const often = `A drafted word stands in ${percent(acceptance)} of all cases; drafts of ${counted(nDrafted, "token")} would yield ${fixed(yielded)} tokens a call.`;
  const whole = apart < SAME ? "In the long run exactly the target’s probabilities come out."
    : `Replaced from ${ruleName}, words come out with probabilities that are off by up to ${fixed(apart, 3)}.`;
  return `${judged} ${often} ${whole}`;
}

export function draftInTables({ words, draft, target, stands, replacement, emitted, counts, nDraws }) {
  return [{
    caption: "Word by word", columns: ["word", "draft", "target", "drafted and stands", "replacement", "comes out", "came out"],
    rows: words.map((word, i) => [word, ...[draft, target, stands, replacement, emitted].map((each) => fixed(each[i], 3)), `${thousands(counts[i])} of ${thousands(nDraws)}`]),
  }];
}
