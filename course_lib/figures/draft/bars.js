// A row for each word: the draft's bar, the target's below it, and a dot where the words have come out so far.
import { exact, fixed, h } from "../base.js";

export function bars() {
  const rows = h("div", { class: "cfs-rows" });
  const legend = h("p", { class: "cfs-legend" }, ...[["draft", "the draft says"], ["target", "the target says"], ["out", "came out so far"]]
    .map(([kind, words]) => h("span", {}, h("i", { "data-kind": kind }), words)));
  const node = h("div", { class: "cfs-picture" }, legend, rows);

  function draw({ words, draft, target, counts, nDraws, last }) {
    const shares = counts.map((count) => count / nDraws);
    const most = Math.max(...draft, ...target, 0.01);
    const wide = (share) => `${Math.min(100, (100 * share) / (1.15 * most))}%`;
    rows.replaceChildren(...words.map((word, i) => {
      return h("div", { class: "cfs-row", "data-drafted": i === last.drafted, "data-word": i === last.word },
        h("span", { class: "cfs-word" }, word),
        h("div", { class: "cfs-bars", "aria-hidden": "true" },
          h("i", { "data-kind": "draft", style: `width: ${wide(draft[i])}`, "data-value": exact(draft[i]) }),
          h("i", { "data-kind": "target", style: `width: ${wide(target[i])}`, "data-value": exact(target[i]) }),
          h("b", { style: `left: ${wide(shares[i])}`, "data-value": exact(shares[i]) })),
        h("span", { class: "cfs-numbers" }, `${fixed(draft[i])} · ${fixed(target[i])} · ${fixed(shares[i])}`));
    }));
  }
  return { node, draw };
}
