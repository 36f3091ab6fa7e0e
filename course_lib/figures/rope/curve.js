// The score against the difference of positions; click or drag in it to move the query.
import { exact, h, plain, put, s } from "../base.js";
import { differencesTo } from "./arithmetic.js";

const [HEIGHT, TOP, BASE, LEFT] = [210, 10, 40, 40]; // of the picture, and its margins, in pixels
const NARROW = 480;
const EASY_STEPS = [1, 2, 5, 10, 20, 50, 100];

export function curve({ id, change, listen, model }) {
  const [grid, line] = [s("path", { class: "cfr-axis" }), s("path", { class: "cfr-line" })];
  const [here, point, dots, ticks] = [s("path", { class: "cfr-here" }), s("circle", { class: "cfr-point", r: 6 }), s("g", { class: "cfr-dots" }), s("g", { class: "cfr-ticks" })];
  const drawing = s("svg", { role: "img", "aria-labelledby": `${id}-curve` }, grid, here, line, dots, point, ticks);
  const node = h("div", { class: "cfr-curve" }, h("p", { id: `${id}-curve`, class: "cfr-heading" }, "Score by the difference of positions, the query’s minus the key’s"), drawing);
  const reach = model.get("reach");
  let [width, bound] = [1, 1];
  const x = (difference) => LEFT + 8 + ((width - LEFT - 16) * (difference + reach)) / (2 * reach);
  const y = (score) => TOP + (HEIGHT - TOP - BASE) * (1 - score / bound) / 2;

  /** Move the query to the difference under the pointer, and the key only where the query cannot. */
  function follow({ clientX }) {
    const share = (clientX - drawing.getBoundingClientRect().left - x(-reach)) / (x(reach) - x(-reach));
    const difference = Math.round(Math.min(1, Math.max(0, share)) * 2 * reach) - reach;
    const queryAt = Math.min(reach, Math.max(0, model.get("key_at") + difference));
    change({ query_at: queryAt, key_at: queryAt - difference });
  }
  listen(drawing, "pointerdown", (event) => {
    if (event.button) return;
    drawing.setPointerCapture(event.pointerId);
    follow(event);
  });
  listen(drawing, "pointermove", (event) => drawing.hasPointerCapture(event.pointerId) && follow(event));

  function drawAxes() {
    const step = EASY_STEPS.find((each) => bound / each < 3) ?? bound;
    const scores = Array.from({ length: 2 * Math.floor(bound / step) + 1 }, (_, i) => (i - Math.floor(bound / step)) * step);
    const every = width < NARROW ? 15 : 5;
    const differences = Array.from({ length: 2 * Math.floor(reach / every) + 1 }, (_, i) => (i - Math.floor(reach / every)) * every);
    put(grid, { d: scores.map((score) => `M${LEFT} ${y(score)}H${width - 4}`).join("") + `M${x(0)} ${TOP}V${HEIGHT - BASE}` });
    const text = (words, attributes) => s("text", attributes, words);
    ticks.replaceChildren(
      ...scores.map((score) => text(plain(score), { x: LEFT - 6, y: y(score), "text-anchor": "end", "dominant-baseline": "central" })),
      ...differences.map((d) => text(plain(d), { x: x(d), y: HEIGHT - BASE + 16, "text-anchor": "middle" })),
      text(width < NARROW ? "← key later" : "← the key stands later", { x: LEFT, y: HEIGHT - 5 }),
      text(width < NARROW ? "key earlier →" : "the key stands earlier →", { x: width - 4, y: HEIGHT - 5, "text-anchor": "end" }));
  }

  function draw({ scoreAt, score, difference, products }) {
    width = node.clientWidth;
    bound = products.reduce((sum, product) => sum + product, 0) || 1; // no score is farther from 0
    put(drawing, { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` });
    drawAxes();
    put(line, { d: `M${differencesTo(reach).map((d) => `${x(d).toFixed(1)} ${y(scoreAt(d)).toFixed(1)}`).join("L")}` });
    dots.replaceChildren(...differencesTo(reach, 1).map((d) =>
      s("circle", { cx: x(d), cy: y(scoreAt(d)), r: width < NARROW ? 1.4 : 2.2, "data-difference": d, "data-score": exact(scoreAt(d)) })));
    put(here, { d: `M${x(difference)} ${TOP}V${HEIGHT - BASE}` });
    put(point, { cx: x(difference), cy: y(score), "data-difference": difference, "data-score": exact(score) });
  }
  return { node, draw };
}
