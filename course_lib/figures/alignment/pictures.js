// The alignment, drawn: a choice of lengths, two strips of letters with lines, and the table of weights.
// Each part makes its node once, and draws a moment (see `lookAt`) into it.
import { exact, fixed, h, put, s } from "../base.js";
import { wrongInWords } from "./words.js";

const WEIGHT_TOO_SMALL = 0.005; // would be written 0.00: no line
const TILE = 30; // least width of a letter with its gap
const ROOM_FOR_LETTERS = 12; // side of a square from which on each row and column has its letter
const [MARGIN, LARGEST] = [22, 24]; // beside the table, and of one square; all in pixels
const N_LISTED = 5;

/** A choice of examples, by their number of letters. */
export function lengthPicker({ id, change, listen, model }, examples) {
  const inputs = examples.map(() => h("input", { type: "radio", name: `${id}-length`, class: "cf-hidden" }));
  inputs.forEach((input, index) => listen(input, "change", () =>
    change({ example: index, row: Math.min(model.get("row"), examples[index].n - 1) })));
  const node = h("fieldset", { class: "cfa-lengths" }, h("legend", {}, "Letters to reverse"),
    ...inputs.map((input, index) => h("label", {}, input, String(examples[index].n))));
  const draw = ({ index }) => inputs.forEach((input, i) => (input.checked = i === index));
  return { node, draw };
}

/** The letters written and the letters read, with lines from the one that looks. */
export function strip({ change, listen }, examples, view) {
  const lines = s("svg", { class: "cfa-lines", "aria-hidden": "true" });
  const [written, read] = [h("div", { class: "cfa-letters", role: "radiogroup", "aria-label": "Letters written" }), h("div", { class: "cfa-letters", "aria-hidden": "true" })];
  const caption = (words) => h("p", { class: "cfa-caption" }, words);
  const node = h("div", { class: "cfa-strip" }, lines, caption("Written by the network, from left to right (≠ marks a wrong letter)"), written,
    h("div", { class: "cfa-room" }), read, caption("Read before (numbers: weights; dashed: the letter that is due)"));
  let made = -1;
  let [buttons, tiles, paths] = [[], [], []];

  function choose(row) {
    view.hover = {};
    change({ row });
  }

  function makeLetters({ index, example }) {
    made = index;
    view.hover = {};
    buttons = example.produced.map((letter, i) => {
      const right = example.right[i];
      const button = h("button", { type: "button", role: "radio", "data-wrong": !right,
        "aria-label": `letter ${i + 1}: ${letter}${right ? "" : `, wrong, ${example.expected[i]} was due`}` }, letter);
      listen(button, "click", () => choose(i));
      listen(button, "pointerenter", ({ pointerType }) => pointerType === "mouse" && view.point({ row: i }));
      listen(button, "pointerleave", () => view.point({}));
      listen(button, "keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        const target = step ? (i + step + example.n) % example.n : { Home: 0, End: example.n - 1 }[event.key];
        if (target === undefined) return;
        event.preventDefault();
        choose(target);
        buttons[target].focus();
      });
      return button;
    });
    written.replaceChildren(...buttons.map((button, i) =>
      h("div", {}, button, h("span", { "aria-hidden": "true" }, example.right[i] ? "" : `≠\u2009${example.expected[i]}`))));
    tiles = example.source.map((letter) => ({ letter: h("b", {}, letter), share: h("span", {}) }));
    read.replaceChildren(...tiles.map(({ letter, share }) => h("div", {}, letter, share)));
    paths = example.source.map(() => s("path", {}));
    lines.replaceChildren(...paths);
  }

  function draw(now) {
    if (made !== now.index) makeLetters(now);
    const { example: { n, weights, right }, row, peek } = now;
    // Lines of equal length, as few as there is room for.
    const inLine = Math.ceil(n / Math.ceil(n / Math.max(1, Math.floor(node.clientWidth / TILE))));
    node.style.setProperty("--cfa-inline", inLine);
    buttons.forEach((button, i) => put(button, { "aria-checked": String(i === row), tabindex: i === row ? 0 : -1, "data-peek": i === peek }));
    tiles.forEach(({ letter, share }, j) => {
      const weight = weights[peek][j];
      put(letter, { "data-due": j === n - 1 - peek });
      letter.style.setProperty("--cfa-weight", weight);
      share.textContent = weight < WEIGHT_TOO_SMALL ? "" : fixed(weight);
    });
    const middle = (box) => box.offsetLeft + box.offsetWidth / 2;
    const from = right[peek] ? buttons[peek] : buttons[peek].nextSibling; // below the mark of a wrong letter
    const [x, y] = [middle(from), from.offsetTop + from.offsetHeight];
    paths.forEach((path, j) => {
      const to = tiles[j].letter;
      const [end, base] = [middle(to), to.offsetTop];
      const weight = weights[peek][j];
      const bend = (base - y) / 2;
      put(path, { d: `M${x},${y}C${x},${y + bend} ${end},${base - bend} ${end},${base}`, "data-weight": exact(weight),
        style: `stroke-width:${weight < WEIGHT_TOO_SMALL ? 0 : 1 + 8 * weight};stroke-opacity:${0.22 + 0.78 * weight}` });
    });
  }
  return { node, draw };
}

/** The table of all weights: one row a letter written, one column a letter read. */
export function matrix({ id, change, listen }, examples, view) {
  const cells = s("g", {});
  const [rowNames, columnNames] = [s("g", {}), s("g", {})];
  const line = s("path", { class: "cfa-line" });
  const [across, down] = [0, 1].map(() => s("rect", { class: "cfa-mark" }));
  const drawing = s("svg", { role: "img", "aria-labelledby": `${id}-weights` }, cells, line, across, down, rowNames, columnNames);
  const node = h("div", { class: "cfa-matrix" },
    h("p", { id: `${id}-weights`, class: "cfa-caption" }, "All weights: a row looks at the columns"), drawing,
    h("p", { class: "cfa-legend" }, h("span", {}, "0", h("i", { class: "cfa-ramp" }), "1"), h("span", {}, h("i", { class: "cfa-band" }), "the anti-diagonal, where the letter due stands")));
  let made = "";
  let size = 1;

  const rowAt = ({ offsetY }, n) => Math.min(n - 1, Math.max(0, Math.floor((offsetY - MARGIN) / size)));
  let n = 1;
  listen(drawing, "pointermove", (event) => event.pointerType === "mouse" && view.hover.row !== rowAt(event, n) && view.point({ row: rowAt(event, n) }));
  listen(drawing, "pointerleave", () => view.point({}));
  listen(drawing, "click", (event) => {
    view.hover = {};
    change({ row: rowAt(event, n) });
  });

  /** Squares and names change with the example and the width alone. */
  function lay({ index, example }) {
    n = example.n;
    const width = node.clientWidth;
    size = Math.min(LARGEST, (width - MARGIN - 2) / n);
    if (made === `${index} ${size}`) return;
    made = `${index} ${size}`;
    const side = MARGIN + n * size;
    put(drawing, { width: side + 2, height: side + 2, viewBox: `0 0 ${side + 2} ${side + 2}` });
    const gap = Math.min(1, size / 12);
    cells.replaceChildren(...example.weights.flatMap((row, i) => row.map((weight, j) =>
      s("rect", { class: "cfa-cell", x: MARGIN + j * size, y: MARGIN + i * size, width: size - gap, height: size - gap, "data-weight": exact(weight), style: `--cfa-weight:${weight}` }))));
    const at = (x, y) => `${MARGIN + x * size} ${MARGIN + y * size}`;
    put(line, { d: `M${at(n - 1, 0)}L${at(0, n - 1)}M${at(n, 1)}L${at(1, n)}` });
    const names = (letters, place) => letters.map((letter, k) => s("text", { ...place(MARGIN + (k + 0.5) * size), class: "cfa-name" }, letter));
    rowNames.replaceChildren(...names(example.produced, (y) => ({ x: MARGIN - 8, y })));
    columnNames.replaceChildren(...names(example.source, (x) => ({ x, y: MARGIN - 9 })));
  }

  function draw(now) {
    lay(now);
    const { example: { looked }, peek } = now;
    const column = looked[peek];
    put(across, { x: MARGIN - 1, y: MARGIN + peek * size - 1, width: n * size + 1, height: size + 1 });
    put(down, { x: MARGIN + column * size - 1, y: MARGIN - 1, width: size + 1, height: n * size + 1, "data-column": true });
    for (const [group, chosen] of [[rowNames, peek], [columnNames, column]]) {
      [...group.children].forEach((name, k) => put(name, { "data-chosen": k === chosen, display: k === chosen || size >= ROOM_FOR_LETTERS ? null : "none" }));
    }
  }
  return { node, draw };
}

/** The largest weights of the row as bars, and the wrong letters by name. */
export function strongest() {
  const caption = h("caption", {});
  const rows = Array.from({ length: N_LISTED }, () => {
    const [place, bar, weight] = [h("th", { scope: "row" }), h("i", {}), h("td", {})];
    return { place, bar, weight, node: h("tr", {}, place, h("td", { class: "cfa-bar", "aria-hidden": "true" }, bar), weight) };
  });
  const wrong = h("p", { class: "cfa-wrong" });
  const node = h("div", { class: "cfa-list" }, h("table", {}, caption,
    h("thead", {}, h("tr", {}, ...["place, letter", "bar", "weight"].map((name) => h("th", { scope: "col" }, h("span", { class: name === "bar" && "cf-hidden" }, name))))),
    h("tbody", {}, ...rows.map((row) => row.node))), wrong);
  const draw = ({ example, peek }) => {
    const { source, produced, weights, n } = example;
    const order = weights[peek].map((_, j) => j).sort((a, b) => weights[peek][b] - weights[peek][a]); // stable
    caption.textContent = `Largest weights of letter ${peek + 1}, “${produced[peek]}”`;
    rows.forEach(({ node: line, place, bar, weight }, k) => {
      const j = order[k];
      put(line, { hidden: j === undefined });
      if (j === undefined) return;
      place.textContent = `${j + 1}, “${source[j]}”${j === n - 1 - peek ? " (due)" : ""}`;
      bar.style.width = `${100 * weights[peek][j]}%`;
      weight.textContent = fixed(weights[peek][j], 3);
    });
    wrong.textContent = wrongInWords(example);
  };
  return { node, draw };
}
