// The chart: the loss above the floor against the size, one curve a budget, both on axes of powers of ten.
import { exact, h, put, s } from "../base.js";
import { placer } from "../calculator/labels.js";
import { largeCount } from "../formats.js";
import { scientific } from "../powers.js";
import { bestSplit, places, splitAt, valueAt } from "./arithmetic.js";
import { lossOf } from "./words.js";

const [TOP, LEFT, BOTTOM, RIGHT, HEIGHT] = [24, 46, 40, 16, 420];
const [NARROW, POINTS] = [520, 160];
const SHORT = { thousand: "k", million: "M", billion: "B", trillion: "T" };
const short = (count) => largeCount(count).replace(/\.0+\b/, "").replace(/\u00a0?(\w+)$/, (_, name) => SHORT[name] ?? name);

/** The chart; drag in it to move the size. */
export function chart({ model, change, listen }) {
  const [grid, lines, marks] = [s("g", { class: "cfb-axis" }), s("svg", { class: "cfb-lines", role: "none" }), s("g", {})];
  const drawing = s("svg", { role: "img", class: "cfb-svg" }, grid, lines, marks);
  const node = h("div", { class: "cfb-chart" }, drawing);
  const [[smallest, largest], [least, most], budgets] = ["sizes", "excess", "budgets"].map((name) => model.get(name));
  const height = HEIGHT - TOP - BOTTOM;
  let [narrow, width] = [false, 0];

  const x = (size) => LEFT + (width * Math.log(size / smallest)) / Math.log(largest / smallest);
  const y = (excess) => TOP + height * (1 - Math.log(excess / least) / Math.log(most / least));
  const inside = (size, excess) => size >= smallest && size <= largest && excess >= least && excess <= most;
  const text = (at, up, words, anchor = "middle") => s("text", { x: at, y: up, "text-anchor": anchor }, words);

  function follow({ clientX }) {
    const share = Math.min(1, Math.max(0, (clientX - drawing.getBoundingClientRect().left - LEFT) / width));
    const size = valueAt(smallest, largest)(Math.round(share * places(smallest, largest)));
    change({ n_parameters: size, at_optimum: false });
  }
  listen(drawing, "pointerdown", (event) => {
    if (event.button) return;
    drawing.setPointerCapture(event.pointerId);
    follow(event);
  });
  listen(drawing, "pointermove", (event) => drawing.hasPointerCapture(event.pointerId) && follow(event));

  function drawAxes() {
    const powers = (from, to) => Array.from({ length: Math.round(Math.log10(to / from)) + 1 }, (_, i) => Number((from * 10 ** i).toPrecision(1)));
    const halves = powers(10 ** Math.floor(Math.log10(least)), most).flatMap((power) => [power, 3 * power]).filter((step) => step >= least && step <= most);
    grid.replaceChildren(
      ...halves.flatMap((excess) => [s("path", { d: `M${LEFT} ${y(excess)}h${width}` }), text(LEFT - 6, y(excess) + 4, String(Number(excess.toPrecision(1))), "end")]),
      ...powers(smallest, largest).filter((_, i) => !narrow || i % 2 === 0).flatMap((size) => [s("path", { d: `M${x(size)} ${TOP}v${height}` }), text(x(size), TOP + height + 16, short(size))]),
      text(2, 13, "loss above the floor E", "start"), text(LEFT + width / 2, HEIGHT - 5, "size, parameters"));
  }

  /** The curve of a budget: points at equal ratios of the size. */
  const curveOf = (law, flops) => Array.from({ length: POINTS + 1 }, (_, i) => {
    const size = smallest * (largest / smallest) ** (i / POINTS);
    return [x(size), y(splitAt(law, flops, size).excess)];
  });
  const path = (points) => `M${points.map((point) => point.map((each) => each.toFixed(2))).join("L")}`;

  /** Every hundredfold of the budget a thin curve, and a line through where each is lowest. */
  function drawOthers({ law }, labels) {
    const [from, to] = budgets.map(Math.log10);
    for (let power = Math.ceil(from - 1e-9); power <= to + 1e-9; power += 2) {
      const best = bestSplit(law, 10 ** power);
      lines.append(s("path", { class: "cfb-other", d: path(curveOf(law, 10 ** power)) }));
      const [across, up] = [x(best.parameters), y(best.excess)];
      if (!inside(best.parameters, best.excess) || up > TOP + height - 20) continue;
      const places = [18, 31, -8, -21].flatMap((lower) => [[across - 12, up + lower, "start"], [across - 16, up + lower, "end"], [across + 16, up + lower, "start"]]);
      labels.put(`10^${power}`, scientific(10 ** power, 1).replace(/^1\u00a0×\u00a0/, ""), places);
    }
    const ends = budgets.map((flops) => bestSplit(law, flops)).map(({ parameters, excess }) => [x(parameters), y(excess)]);
    lines.append(s("path", { class: "cfb-best", d: path(ends) }));
  }

  /** The chosen budget's curve, its lowest point, and what lies between that and the reader's. */
  function drawChosen({ law, flops, best, chosen }, labels) {
    const curve = curveOf(law, flops);
    lines.append(s("path", { class: "cfb-curve", d: path(curve) }));
    labels.avoid(curve);
    lines.append(s("path", { class: "cfb-gap", d: `M${x(best.parameters)} ${y(best.excess)}H${x(chosen.parameters)}V${y(chosen.excess)}` }));
  }

  /** What the chosen size costs, beside its point; named first, for it moves with the reader. */
  function nameLost({ best, chosen, lost }, labels) {
    const [[from, low], [at, up]] = [best, chosen].map(({ parameters, excess }) => [x(parameters), y(excess)]);
    if (!inside(chosen.parameters, chosen.excess) || low - up < 4) return;
    const [side, anchor, other] = at > from ? [12, "start", "end"] : [-12, "end", "start"];
    labels.avoid([[at - 5, up], [at + 5, up]]);
    labels.put("lost", `+${lossOf(lost)}`, [[at + side, up + 20, anchor], [at + side, up + 4, anchor], [at - side, up - 10, other], [at, up - 14, "middle"]]);
  }

  /** The lowest point and the reader's, over all others. */
  function drawPoints({ best, chosen }) {
    for (const [look, r, { parameters, excess }] of [["cfb-low", 5, best], ["cfb-point", 8, chosen]]) {
      if (inside(parameters, excess)) marks.append(s("circle", { class: look, cx: x(parameters), cy: y(excess), r, "data-excess": exact(excess) }));
    }
  }

  const spotsOf = ({ trainings }) => trainings.filter(({ chosen: { parameters, excess } }) => inside(parameters, excess))
    .map(({ name, chosen: { parameters, excess } }) => ({ name, excess, at: [x(parameters), y(excess)] }));

  function drawTrainings(spots, labels) {
    for (const { name, excess, at: [across, up] } of spots) {
      marks.append(s("path", { class: "cfb-training", "data-name": name, "data-excess": exact(excess), d: `M${across} ${up - 5}l5 5l-5 5l-5-5Z` }));
    }
    for (const { name, at: [across, up] } of spots) {
      const beside = [0, -13, 13, -26, 26, -39, 39].flatMap((lower) => [[across + 9, up + 4 + lower, "start"], [across - 9, up + 4 + lower, "end"]]);
      const [, line, anchor] = labels.put(name, name, beside);
      const lower = line - 4 - up;
      if (lower) lines.append(s("path", { class: "cfb-leader", d: `M${across} ${up}L${across + (anchor === "start" ? 8 : -8)} ${up + lower - 6 * Math.sign(lower)}` }));
    }
  }

  function draw(now) {
    narrow = node.clientWidth < NARROW;
    width = Math.max(120, node.clientWidth - LEFT - RIGHT);
    put(drawing, {
      width: node.clientWidth, height: HEIGHT, viewBox: `0 0 ${node.clientWidth} ${HEIGHT}`,
      "aria-label": `Chart: the loss of a budget of ${scientific(now.flops)} falls to ${lossOf(now.best.loss)} at ${largeCount(now.best.parameters)} parameters, and rises for smaller and for larger models.`,
    });
    put(lines, { x: LEFT, y: TOP, width, height, viewBox: `${LEFT} ${TOP} ${width} ${height}` });
    lines.replaceChildren();
    marks.replaceChildren();
    const labels = placer(marks, LEFT, node.clientWidth, "cfb-label");
    const spots = spotsOf(now);
    labels.avoid(spots.flatMap(({ at: [across, up] }) => [-3, 3].map((off) => [across + off, up])));
    drawAxes();
    drawOthers(now, labels);
    drawChosen(now, labels);
    nameLost(now, labels);
    drawTrainings(spots, labels);
    drawPoints(now);
  }
  return { node, draw };
}
