// The table of scores as squares: what is done, what is worked on, what is hidden or still to come.
import { fixed, h, put, s } from "../base.js";

const [EDGE, WIDEST] = [26, 360];

export function table() {
  const [squares, lines, labels] = ["cft-squares", "cft-lines", "cft-labels"].map((name) => s("g", { class: name }));
  const drawing = s("svg", { role: "img", class: "cft-svg" }, squares, lines, labels);
  const legend = h("p", { class: "cft-legend" }, ...[["here", "in the fast memory"], ["done", "done and forgotten"], ["open", "to come"], ["hidden", "hidden"]]
    .map(([kind, words]) => h("span", {}, h("i", { "data-kind": kind }), words)));
  const node = h("div", { class: "cft-table" }, drawing, legend);

  const within = (place, [first, end]) => place >= first && place < end;
  const kindOf = ({ tiles, step, score }, i, j) => {
    if (score(i, j) === null) return "hidden";
    const at = tiles.findIndex(({ queries, keys }) => within(i, queries) && within(j, keys));
    return at + 1 === step ? "here" : at < step ? "done" : "open";
  };

  function draw(now) {
    const { length, blockQ, blockK, score, here, step, tiles } = now;
    const size = Math.floor((Math.min(WIDEST, node.clientWidth) - EDGE - 2) / length);
    const side = size * length;
    const at = (place) => EDGE + place * size;
    const places = Array.from({ length }, (_, i) => i);
    const words = here ? `queries ${here.queries[0] + 1} to ${here.queries[1]} and keys ${here.keys[0] + 1} to ${here.keys[1]} are worked on` : "nothing is worked on yet";
    put(drawing, { width: side + EDGE + 2, height: side + EDGE + 2, viewBox: `0 0 ${side + EDGE + 2} ${side + EDGE + 2}`,
      "aria-label": `Table of ${length} queries down and ${length} keys across, ${step} of ${tiles.length} tiles done; ${words}.` });
    squares.replaceChildren(...places.flatMap((i) => places.flatMap((j) => {
      const kind = kindOf(now, i, j);
      const square = s("rect", { x: at(j) + 1, y: at(i) + 1, width: size - 2, height: size - 2, "data-kind": kind, "data-place": `${i},${j}` });
      if (kind !== "here") return [square];
      return [square, s("text", { x: at(j) + size / 2, y: at(i) + size / 2 + 4, "text-anchor": "middle", class: size < 34 ? "cft-small" : "" }, fixed(score(i, j), 1))];
    })));
    const cuts = (block) => places.filter((place) => place && place % block === 0);
    lines.replaceChildren(
      ...cuts(blockQ).map((i) => s("path", { d: `M${EDGE} ${at(i)}h${side}` })), ...cuts(blockK).map((j) => s("path", { d: `M${at(j)} ${EDGE}v${side}` })));
    labels.replaceChildren(...places.flatMap((place) => [
      s("text", { x: EDGE - 6, y: at(place) + size / 2 + 4, "text-anchor": "end", class: "cft-query" }, String(place + 1)),
      s("text", { x: at(place) + size / 2, y: EDGE - 8, "text-anchor": "middle", class: "cft-key" }, String(place + 1))]));
  }
  return { node, draw };
}
