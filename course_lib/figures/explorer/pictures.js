// What the explorer draws: the heads' little pictures, the sentence with its arcs, the heat map.
// Each part makes its node once, and draws a moment (see `look`) into it.
import { exact, fixed, h, put, s } from "../base.js";
import { attend, withEdits } from "./arithmetic.js";

const WEIGHT_TOO_SMALL = 0.005; // would be written 0.00: no arc
const ROOM_FOR_DIGITS = 32; // side of a square that holds its number, in pixels

/** A choice of heads, each with a thumbnail of its weights. */
export function headPicker({ id, change, listen }, { heads, labels, tokens }) {
  const size = tokens.length;
  const chips = heads.map((_, index) => {
    const input = h("input", { type: "radio", name: `${id}-head`, class: "cf-hidden" });
    const picture = h("canvas", { width: size, height: size, "aria-hidden": "true" });
    listen(input, "change", () => change({ head: index }));
    return { input, picture, node: h("label", { class: "cf-chip" }, input, picture, h("span", {}, labels[index])) };
  });
  const node = h("fieldset", { class: "cf-heads", hidden: heads.length < 2 },
    h("legend", {}, "Head"), ...chips.map((chip) => chip.node));
  const draw = ({ head, scale, edits, mayLook }) => heads.length > 1 && chips.forEach(({ input, picture }, index) => {
    input.checked = index === head;
    const { weights } = attend(withEdits(heads[index], index, edits), scale, mayLook);
    const pen = picture.getContext("2d");
    pen.clearRect(0, 0, size, size);
    pen.fillStyle = getComputedStyle(picture).color;
    weights.forEach((row, i) => row.forEach((w, j) => {
      pen.globalAlpha = w;
      pen.fillRect(j, i, 1, 1);
    }));
  });
  return { node, draw };
}

/** The sentence, with arcs from the token that looks to those it looks at. */
export function sentence({ change, listen }, { tokens }, view) {
  const [past, arcs] = ["cf-arc cf-past", "cf-arc"].map((kind) => tokens.map(() => s("path", { class: kind })));
  const drawing = s("svg", { class: "cf-arcs", "aria-hidden": "true" }, ...past, ...arcs);
  const items = tokens.map((token, index) => {
    const button = h("button", { type: "button", role: "radio" }, token);
    const share = h("span", { class: "cf-share" });
    listen(button, "click", () => choose(index));
    listen(button, "pointerenter", ({ pointerType }) => pointerType === "mouse" && view.hoverAt({ query: index }));
    listen(button, "pointerleave", () => view.hoverAt(null));
    listen(button, "keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const target = step ? (index + step + tokens.length) % tokens.length : { Home: 0, End: tokens.length - 1 }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      choose(target);
      items[target].button.focus();
    });
    return { button, share, node: h("div", { class: "cf-token" }, button, share) };
  });
  const node = h("div", { class: "cf-sentence", role: "radiogroup", "aria-label": "Token that looks (query)" },
    drawing, ...items.map((item) => item.node));

  function choose(index) {
    view.hover = null;
    change({ query: index });
  }

  /** Set the sentence as a line if it fits, else as a column with the arcs at its left. */
  function layOut() {
    node.classList.remove("cf-column");
    const words = items.reduce((sum, { node: item }) => sum + item.offsetWidth, 0);
    const gap = (node.clientWidth - words) / tokens.length;
    node.classList.toggle("cf-column", gap < 3);
    node.style.setProperty("--cf-gap", `${Math.min(gap, 20)}px`);
    return gap < 3;
  }

  function draw({ query: chosen, key, peek: { query }, now, start, mayLook, changed }) {
    const column = layOut();
    const ends = items.map(({ button }) => {
      const { offsetLeft: x, offsetTop: y, offsetWidth: w, offsetHeight: t } = button;
      return column ? [y + t / 2, x - 3] : [x + w / 2, y - 3];
    });
    const room = ends[0][1] - 8;
    const longest = Math.max(...ends.map(([at]) => Math.abs(at - ends[query][0])), 1);
    items.forEach(({ button, share }, j) => {
      const weight = now.weights[query][j];
      const [from, base] = ends[query];
      const to = ends[j][0];
      const rise = j === query ? Math.min(room, 34) : room * (0.25 + 0.75 * (Math.abs(to - from) / longest)) * 1.3;
      const [a, b] = j === query ? [from - 13, to + 13] : [from, to];
      const points = [[a, base], [a, base - rise], [b, base - rise], [b, base]].map(([x, y]) => (column ? [y, x] : [x, y]).join(","));
      const d = `M${points[0]}C${points.slice(1).join(" ")}`;
      const thick = (w) => (w >= WEIGHT_TOO_SMALL ? 1 + 8 * w : 0);
      put(arcs[j], { d, style: `stroke-width:${thick(weight)};stroke-opacity:${0.22 + 0.78 * weight}` });
      const before = start.weights[query][j];
      put(past[j], { d, style: `stroke-width:${changed && Math.abs(before - weight) >= WEIGHT_TOO_SMALL ? thick(before) : 0}` });
      put(button, { "aria-checked": String(j === chosen), tabindex: j === chosen ? 0 : -1, "data-key": j === key, "data-peek": j === query });
      share.textContent = mayLook(query, j) ? fixed(weight) : "–";
      share.parentElement.style.setProperty("--cf-weight", weight);
    });
  }
  return { node, draw };
}

/** The colour of text on a filled shape: one of the two always has a contrast of 4.5 or more. */
function blackOrWhite(shape) {
  const levels = getComputedStyle(shape).fill.match(/[\d.]+/g).slice(0, 3).map(Number);
  const [r, g, b] = levels.map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
}

/** The heat map of all weights: one row a token that looks, one column a token looked at. */
export function matrix({ id, change, listen }, { tokens }, view) {
  const n = tokens.length;
  const pairs = tokens.flatMap((_, i) => tokens.map((_, j) => [i, j]));
  const cells = pairs.map(([i, j]) => s("rect", { class: "cf-cell", "data-i": i, "data-j": j }));
  const digits = pairs.map(() => s("text", { class: "cf-digit" }));
  const [rowNames, columnNames] = [0, 1].map(() => tokens.map((token) => s("text", { class: "cf-name" }, token)));
  const frame = s("rect", { class: "cf-frame" });
  const drawing = s("svg", { role: "img", "aria-labelledby": `${id}-map` }, ...cells, ...digits, ...rowNames, ...columnNames, frame);
  const readout = h("p", { class: "cf-readout" });
  const node = h("div", { class: "cf-matrix" },
    h("p", { id: `${id}-map`, class: "cf-caption" }, "All weights: the row looks at the column"), drawing,
    h("div", { class: "cf-foot" }, readout, h("span", { class: "cf-legend", "aria-hidden": "true" }, "0", h("i", {}), "1")));

  const at = ({ target }) => target.dataset.i && { query: Number(target.dataset.i), key: Number(target.dataset.j) };
  listen(drawing, "pointerover", (event) => event.pointerType === "mouse" && at(event) && view.hoverAt(at(event)));
  listen(drawing, "pointerleave", () => view.hoverAt(null));
  listen(drawing, "click", (event) => {
    if (!at(event)) return;
    view.hover = null;
    change(at(event));
  });

  function draw({ peek: { query, key }, now, mayLook }) {
    const widest = Math.max(...tokens.map((token) => token.length));
    const left = Math.min(96, 12 + 7.2 * widest);
    const top = Math.min(74, 12 + 5.6 * widest);
    const width = node.clientWidth;
    const size = Math.max(8, Math.min(46, Math.floor((width - left - 24) / n)));
    put(drawing, { width, height: top + n * size + 4, viewBox: `0 0 ${width} ${top + n * size + 4}` });
    pairs.forEach(([i, j], at) => {
      const weight = now.weights[i][j];
      put(cells[at], { x: left + j * size, y: top + i * size, width: size - 1, height: size - 1, rx: Math.min(3, size / 8), style: `--cf-weight:${weight}`, "data-weight": exact(weight), "data-masked": !mayLook(i, j) });
      const written = size >= ROOM_FOR_DIGITS && mayLook(i, j);
      digits[at].textContent = written ? fixed(weight) : "";
      if (written) put(digits[at], { x: left + (j + 0.5) * size, y: top + (i + 0.5) * size, fill: blackOrWhite(cells[at]) });
    });
    tokens.forEach((_, i) => {
      put(rowNames[i], { x: left - 6, y: top + (i + 0.5) * size, "text-anchor": "end", "data-query": i === query });
      const x = left + (i + 0.5) * size;
      put(columnNames[i], { x, y: top - 6, transform: `rotate(-50 ${x} ${top - 6})`, "data-key": i === key });
    });
    put(frame, { x: left - 1.5, y: top + query * size - 1.5, width: n * size + 2, height: size + 2, rx: 4 });
    readout.textContent = `“${tokens[query]}” looks at “${tokens[key]}”: ${fixed(now.weights[query][key], 3)}`;
  }
  return { node, draw };
}
