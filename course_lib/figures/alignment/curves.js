// Recall against the gap: the curves, and a table that chooses lines and reads them off at a gap.
import { exact, fixed, h, put, s } from "../base.js";
import { recallInWords } from "./words.js";

const [HEIGHT, TOP, BASE, LEFT] = [250, 10, 40, 34]; // of the picture, and its margins
const [LEADER, LABEL_HEIGHT, LETTER] = [22, 14, 6.8]; // of the names at the lines' ends; all in pixels
const HIGHEST_BASE = 0.8; // the scale spans at least what is above this
// Circle, square, triangle, diamond: readers are told apart without colour.
const MARKERS = ["M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z", "M-3.6-3.6H3.6V3.6H-3.6Z", "M0-4.6L4.4 3.4H-4.4Z", "M0-5L5 0L0 5L-5 0Z"];

const sample = (reader) => s("svg", { class: "cfa-sample", "data-reader": reader, viewBox: "-6 -6 12 12", width: 14, height: 14, "aria-hidden": "true" }, s("path", { d: MARKERS[reader] }));
const dash = (plan) => s("svg", { class: "cfa-dash", "data-plan": plan, width: 30, height: 6, "aria-hidden": "true" }, s("path", { d: "M0 3H30" }));

/** Move heights apart until each name has its room, all of them between top and bottom. */
function apart(heights, top, bottom) {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b]);
  const placed = [];
  let least = top;
  for (const i of order) {
    placed[i] = Math.max(heights[i], least);
    least = placed[i] + LABEL_HEIGHT;
  }
  let most = bottom;
  for (const i of order.reverse()) {
    placed[i] = Math.min(placed[i], most);
    most = placed[i] - LABEL_HEIGHT;
  }
  return placed;
}

/** Accuracy against the gap on a log scale, each line named at its end. */
export function chart({ id, change, listen }, { lines, gaps, readers, plans, yardsticks }, view) {
  const grid = s("path", { class: "cfa-grid" });
  const cursor = s("path", { class: "cfa-cursor" });
  const [levels, ticks, names, levelNames] = ["cfa-levels", "cfa-ticks", "cfa-ends", "cfa-level-names"].map((name) => s("g", { class: name }));
  const drawn = lines.map((line) => {
    const markers = line.points.map(() => s("path", { class: "cfa-point" }));
    const path = s("path", { class: "cfa-curve" });
    const group = s("g", { "data-name": line.name, "data-reader": readers.indexOf(line.reader), "data-plan": plans.indexOf(line.plan) }, path, ...markers);
    return { ...line, markers, path, group };
  });
  const drawing = s("svg", { role: "img", "aria-labelledby": `${id}-recall` }, grid, levels, ticks, cursor, ...drawn.map(({ group }) => group), levelNames, names);
  const node = h("div", { class: "cfa-chart" }, h("p", { id: `${id}-recall`, class: "cfa-caption" }, "Share of right answers against the gap (log scale)"), drawing);

  const every = [...lines.flatMap(({ points }) => points.map(([, share]) => share)), ...yardsticks.map(({ level }) => level)];
  const lowest = Math.min(HIGHEST_BASE, Math.floor(Math.min(...every) * 10 + 1e-9) / 10);
  const room = LEADER + 6 + LETTER * Math.max(...readers.map((name) => name.length));
  let width = 1;
  const span = Math.log(gaps.at(-1) / gaps[0]);
  const right = () => width - room;
  const xAt = (gap) => (span ? LEFT + 8 + (right() - LEFT - 16) * Math.log(gap / gaps[0]) / span : (LEFT + right()) / 2);
  const yAt = (share) => TOP + (HEIGHT - TOP - BASE) * (1 - share) / (1 - lowest);

  const nearest = ({ offsetX }) => gaps.reduce((best, gap) => (Math.abs(xAt(gap) - offsetX) < Math.abs(xAt(best) - offsetX) ? gap : best));
  listen(drawing, "pointermove", (event) => event.pointerType === "mouse" && view.hover.gap !== nearest(event) && view.point({ gap: nearest(event) }));
  listen(drawing, "pointerleave", () => view.point({}));
  listen(drawing, "click", (event) => {
    view.hover = {};
    change({ gap: nearest(event) });
  });

  function drawAxes(shown) {
    const step = 1 - lowest > 0.4 ? 0.2 : 0.1;
    const shares = Array.from({ length: Math.floor((1 - lowest) / step + 1e-9) + 1 }, (_, i) => 1 - i * step);
    put(grid, { d: shares.map((share) => `M${LEFT} ${yAt(share)}H${right()}`).join("") });
    const text = (words, attributes) => s("text", attributes, words);
    let free = 0; // numbers of gaps that would touch are left out
    const numbered = gaps.filter((gap) => {
      const half = 4 * String(gap).length;
      const fits = xAt(gap) - half > free;
      if (fits) free = xAt(gap) + half;
      return fits;
    });
    ticks.replaceChildren(
      ...shares.map((share) => text(fixed(share, 1), { x: LEFT - 6, y: yAt(share), "text-anchor": "end", "dominant-baseline": "central" })),
      ...numbered.map((gap) => text(gap, { x: xAt(gap), y: HEIGHT - BASE + 16, "text-anchor": "middle" })),
      text("gap", { x: (LEFT + right()) / 2, y: HEIGHT - 6, "text-anchor": "middle" }));
    levels.replaceChildren(...yardsticks.map(({ level }) => s("path", { d: `M${LEFT} ${yAt(level)}H${right()}`, "data-level": exact(level) })));
    levelNames.replaceChildren(...yardsticks.map(({ name, level }) =>
      text(`${name}: ${fixed(level, 3).replace(/0$/, "")}`, { x: LEFT + 4, y: clearOf(shown, yAt(level)) })));
  }

  /** Where a level's name stands: above its line or below, farther from the curves that begin there. */
  function clearOf(shown, y) {
    const starts = shown.flatMap(({ points }) => points.slice(0, 2).map(([, share]) => yAt(share)));
    const room = (middle) => Math.min(HEIGHT - BASE - middle, ...starts.map((start) => Math.abs(start - middle)));
    return room(y - 9) >= room(y + 9) ? y - 5 : y + 13;
  }

  function draw({ shown, peekGap }) {
    width = node.clientWidth;
    put(drawing, { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` });
    drawAxes(shown);
    put(cursor, { d: `M${xAt(peekGap)} ${TOP}V${HEIGHT - BASE}` });
    const isShown = ({ name }) => shown.some((line) => line.name === name);
    for (const { name, points, markers, path, group } of drawn) {
      put(group, { display: isShown({ name }) ? null : "none" });
      put(path, { d: points.map(([gap, share], i) => `${i ? "L" : "M"}${xAt(gap)} ${yAt(share)}`).join("") });
      points.forEach(([gap, share], i) => put(markers[i], {
        d: MARKERS[group.dataset.reader], "data-gap": gap, "data-share": exact(share), "data-chosen": gap === peekGap,
        transform: `translate(${xAt(gap)} ${yAt(share)})${gap === peekGap ? "scale(1.35)" : ""}` }));
    }
    const ends = drawn.filter(isShown);
    const heights = apart(ends.map(({ points }) => yAt(points.at(-1)[1])), TOP, HEIGHT - BASE);
    names.replaceChildren(...ends.map(({ points, reader, group: { dataset } }, i) => {
      const [gap, share] = points.at(-1);
      return s("g", { "data-reader": dataset.reader, "data-plan": dataset.plan },
        s("path", { class: "cfa-curve", d: `M${xAt(gap) + 6} ${yAt(share)}L${right() + LEADER} ${heights[i]}` }),
        s("text", { x: right() + LEADER + 4, y: heights[i], "dominant-baseline": "central" }, reader));
    }));
  }
  return { node, draw };
}

/** Which lines are drawn, and what they say at a gap: readers down, plans across. */
export function readOff({ id, model, change, listen }, { lines, gaps, readers, plans }) {
  function choice(trait, all, name, picture) {
    const box = h("input", { type: "checkbox" });
    listen(box, "change", () => {
      const chosen = model.get(trait);
      change({ [trait]: all.filter((each) => (each === name ? box.checked : chosen.includes(each))) });
    });
    return { box, name, trait, node: h("label", { class: "cfa-choice" }, box, picture, h("span", {}, name || "right")) };
  }
  const slider = h("input", { type: "range", id: `${id}-gap`, min: 0, max: gaps.length - 1, step: 1 });
  const value = h("output", { for: `${id}-gap`, "aria-live": "off" });
  listen(slider, "input", () => change({ gap: gaps[Number(slider.value)] }));

  const heads = plans.map((plan, i) => choice("plans", plans, plan, dash(i)));
  const rows = readers.map((reader, i) => ({ ...choice("readers", readers, reader, sample(i)), cells: plans.map(() => h("td", {})) }));
  const node = h("div", { class: "cfa-values" },
    h("div", { class: "cfa-gap" }, h("label", { for: `${id}-gap` }, "Read off at a gap of "), value, slider),
    h("table", {}, h("caption", { class: "cf-hidden" }, "Lines, and their shares of right answers at the gap"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Show"), ...heads.map((head) => h("th", { scope: "col" }, head.node)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.node), ...row.cells)))));

  const lineOf = new Map(lines.map((line) => [`${line.reader}\n${line.plan}`, line]));
  function draw({ readers: chosenReaders, plans: chosenPlans, gap, peekGap, shown }) {
    for (const { box, name, trait } of [...heads, ...rows]) box.checked = (trait === "plans" ? chosenPlans : chosenReaders).includes(name);
    slider.value = gaps.indexOf(gap);
    put(slider, { "aria-valuetext": recallInWords(gap, shown) });
    value.textContent = String(peekGap);
    rows.forEach(({ name, cells }) => cells.forEach((cell, i) => {
      const line = lineOf.get(`${name}\n${plans[i]}`);
      cell.textContent = line?.at.has(peekGap) ? fixed(line.at.get(peekGap)) : "–";
      put(cell, { "data-off": !shown.includes(line) });
    }));
  }
  return { node, draw };
}
