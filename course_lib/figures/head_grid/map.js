// All weights of the chosen head, large: a row looks at the columns.
import { exact, h, put, s } from "../base.js";
import { largest, shade } from "./arithmetic.js";

const ROOM_FOR_WORDS = 11; // side of a square from which on each row has its word
const [LEFT, TOP, LARGEST] = [66, 20, 16]; // beside and above the squares, and of one; in pixels

export function map({ id, change, listen }, { texts }, view) {
  const [cells, pairs, names] = [s("g", {}), s("g", {}), s("g", {})];
  const [across, down] = [0, 1].map(() => s("rect", { class: "cfg-mark" }));
  const above = s("text", { class: "cfg-name", "data-chosen": true, y: TOP - 9 });
  const drawing = s("svg", { role: "img", "aria-labelledby": `${id}-map` }, cells, pairs, across, down, names, above);
  const related = h("span", {}, h("i", { class: "cfg-pair" }), "related words");
  const node = h("div", { class: "cfg-map" },
    h("p", { id: `${id}-map`, class: "cfg-caption" }, "All weights of this head: a row looks at the columns"), drawing,
    h("p", { class: "cfg-legend" }, h("span", {}, h("i", { class: "cfg-ramp" }, ...[0, 0.05, 0.25, 0.5, 1].map((weight) => h("i", { style: `--cfg-shade:${shade(weight)}` }, String(weight))))), related));
  let [made, filled, size, n] = ["", "", 1, 1];

  const rowAt = ({ offsetY }) => Math.min(n - 1, Math.max(0, Math.floor((offsetY - TOP) / size)));
  listen(drawing, "pointermove", (event) => event.pointerType === "mouse" && view.hover !== rowAt(event) && view.point(rowAt(event)));
  listen(drawing, "pointerleave", () => view.point(null));
  listen(drawing, "click", (event) => {
    view.hover = null;
    change({ place: rowAt(event) });
  });

  /** Squares and names change with the text and the width alone. */
  function lay(index) {
    n = texts[index].n;
    size = Math.min(LARGEST, (node.clientWidth - LEFT - 2) / n);
    if (made === `${index} ${size}`) return;
    [made, filled] = [`${index} ${size}`, ""];
    const [width, height] = [LEFT + n * size + 2, TOP + n * size + 2];
    put(drawing, { width, height, viewBox: `0 0 ${width} ${height}` });
    const { words, relations } = texts[index];
    const gap = Math.min(1, size / 12);
    const square = (i, j, kind) => s("rect", { class: kind, x: LEFT + j * size, y: TOP + i * size, width: size - gap, height: size - gap, "data-i": i, "data-j": j });
    cells.replaceChildren(...words.flatMap((_, i) => words.slice(0, i + 1).map((_, j) => square(i, j, "cfg-cell"))));
    pairs.replaceChildren(...relations.flatMap((each) => each.pairs.map(([i, j]) => square(i, j, "cfg-pair"))));
    names.replaceChildren(...words.map((word, i) => s("text", { class: "cfg-name", x: LEFT - 5, y: TOP + (i + 0.5) * size }, word)));
    related.hidden = !relations.length;
  }

  /** Shades change with the head, not with the word that looks. */
  function fill(head, weights) {
    if (filled === head) return;
    filled = head;
    for (const cell of cells.children) {
      const weight = weights[cell.dataset.i][cell.dataset.j];
      put(cell, { "data-weight": exact(weight), style: `--cfg-shade:${shade(weight)}` });
    }
  }

  function draw({ index, head, peek, weights }) {
    lay(index);
    fill(head, weights);
    const column = largest(weights[peek]);
    put(across, { x: LEFT - 1, y: TOP + peek * size - 1, width: (peek + 1) * size + 1, height: size + 1 });
    put(down, { x: LEFT + column * size - 1, y: TOP - 1, width: size + 1, height: n * size + 1, "data-column": true });
    [...names.children].forEach((name, i) => put(name, { "data-chosen": i === peek, display: i === peek || size >= ROOM_FOR_WORDS ? null : "none" }));
    above.textContent = texts[index].words[column];
    // Half of a word must fit on either side of its column.
    const half = above.textContent.length * 3.5;
    put(above, { x: Math.max(half, Math.min(LEFT + n * size - half, LEFT + (column + 0.5) * size)) });
  }
  return { node, draw };
}
