// The chart: bytes of the cache against the context, both on log axes, with the weights' line.
import { h, put, s } from "../base.js";
import { CONTEXTS } from "./arithmetic.js";
import { nearest } from "./fields.js";
import { byteSize, counted, thousands } from "../formats.js";
import { placer } from "./labels.js";

const [SHORTEST, LONGEST] = [CONTEXTS[0], CONTEXTS.at(-1)];
// Fixed, so that the lines move, not the axes, when the batch changes: 1 MB to 10 TB.
const DECADES = [6, 7, 8, 9, 10, 11, 12, 13];
const [FLOOR, CEILING] = [10 ** DECADES[0], 10 ** DECADES.at(-1)];
const [TOP, LEFT, BOTTOM, HEIGHT] = [26, 56, 40, 372];
const NARROW = 560;

/** The chart; drag in it to move the context. */
export function chart({ change, listen }, steps) {
  // The lines have a drawing of their own, which ends where the axes do.
  const [grid, lines, marks] = [s("g", { class: "kv-axis" }), s("svg", { class: "kv-lines", role: "none" }), s("g", {})];
  const drawing = s("svg", { role: "img", class: "kv-svg" }, grid, lines, marks);
  const node = h("div", { class: "kv-chart" }, drawing);
  const height = HEIGHT - TOP - BOTTOM;
  let [narrow, width, right] = [false, 0, 0];

  const x = (tokens) => LEFT + width * Math.log(tokens / SHORTEST) / Math.log(LONGEST / SHORTEST);
  const y = (bytes) => TOP + height * (1 - Math.log(bytes / FLOOR) / Math.log(CEILING / FLOOR));
  const axisText = (at, up, words, anchor = "middle") => s("text", { x: at, y: up, "text-anchor": anchor }, words);

  function follow({ clientX }) {
    const at = (clientX - drawing.getBoundingClientRect().left - LEFT) / width;
    const tokens = SHORTEST * (LONGEST / SHORTEST) ** Math.min(1, Math.max(0, at));
    change({ seq_len: steps[nearest(steps, tokens)] });
  }
  listen(drawing, "pointerdown", (event) => {
    if (event.button) return;
    drawing.setPointerCapture(event.pointerId);
    follow(event);
  });
  listen(drawing, "pointermove", (event) => drawing.hasPointerCapture(event.pointerId) && follow(event));

  function drawAxes() {
    grid.replaceChildren(
      ...DECADES.map((power) => 10 ** power).flatMap((bytes) => [
        s("path", { d: `M${LEFT} ${y(bytes)}h${width}` }),
        axisText(LEFT - 6, y(bytes) + 4, byteSize(bytes).replace(/\.0+/, ""), "end")]),
      ...CONTEXTS.filter((_, octave) => octave % (narrow ? 6 : 3) === 0).flatMap((tokens) => [
        s("path", { d: `M${x(tokens)} ${TOP}v${height}` }),
        axisText(x(tokens), TOP + height + 16, thousands(tokens))]),
      axisText(LEFT + width / 2, HEIGHT - 5, "context, tokens a sequence"));
  }

  /** The caches, each named where its line ends at the right, or leaves at the top. */
  function drawCurves({ curves }, labels) {
    for (const { name, short, label, bytesAt } of [...curves].reverse()) {
      const points = steps.map((tokens) => [x(tokens), y(bytesAt(tokens))]);
      lines.append(s("path", { class: "kv-curve", "data-name": name, d: `M${points.join("L")}` }));
      labels.avoid(points.filter(([, up]) => up > TOP));
      const words = narrow ? short : label;
      const [[fromX, fromY], [toX, toY]] = points.slice(-2);
      if (bytesAt(LONGEST) <= CEILING) {
        labels.put(name, words, [0, 1, -1, 2, -2, 3].map((lower) => [right + 5, toY + 4 + 13 * lower, "start"]));
      } else {
        const exit = toX + (TOP - toY) * (fromX - toX) / (fromY - toY); // all leave on the same slope
        labels.put(name, words, [0, 8, -8, 16, -16, 32, -32, 48, -48, 64, -64, 96, -96].map((earlier) => [exit - earlier, TOP - 7, "end"]));
      }
    }
  }

  /** The weights, and the room that the card has beside them. */
  const levelsOf = ({ weights, room, card_gb: gb }) => [
    { name: "weights", bytes: weights, label: "weights" },
    ...(room > 0 ? [{ name: "room", bytes: room, label: narrow ? "room" : `room beside them on ${gb} GB:` }] : []),
  ];

  function drawLevels(levels, labels) {
    for (const { name, bytes } of levels) {
      lines.append(s("path", { class: "kv-level", "data-name": name, d: `M${LEFT} ${y(bytes)}h${width}` }));
      labels.avoid(steps.map((tokens) => [x(tokens), y(bytes)]));
    }
  }

  /** Each level is named at one of its ends, or between them where the ends are taken. */
  function nameLevels(levels, labels) {
    const ends = [[LEFT + 6, "start"], [right - 5, "end"]];
    const between = [0.2, 0.4, 0.6].map((share) => [LEFT + share * width, "start"]);
    for (const { name, bytes, label } of levels) {
      const at = y(bytes);
      if (at < TOP || at > TOP + height) continue;
      const places = [ends, between].flatMap((some) => [-6, 15].flatMap((off) => some.map(([along, anchor]) => [along, at + off, anchor])));
      labels.put(name, `${label} ${byteSize(bytes)}`, places);
    }
  }

  /** Where the cache meets the weights, and where the reader stands. */
  function drawPoints({ crossing, weights, seq_len: seqLen, cache }, labels) {
    const inside = (tokens, bytes) => tokens >= SHORTEST && tokens <= LONGEST && bytes >= FLOOR && bytes <= CEILING;
    const here = x(Math.min(LONGEST, Math.max(SHORTEST, seqLen)));
    marks.append(s("path", { class: "kv-here", d: `M${here} ${TOP}v${height}` }));
    if (crossing !== null && inside(crossing, weights)) {
      const [at, up] = [x(crossing), y(weights)];
      marks.append(s("circle", { class: "kv-crossing", cx: at, cy: up, r: 6 }));
      labels.avoid([[at, up]]);
      const beside = [[at + 11, up + 17, "start"], [at - 11, up - 10, "end"], [at + 11, up + 32, "start"], [at - 11, up - 25, "end"]];
      labels.put("crossing", `equal at ${thousands(crossing)}`, [...beside, ...[17, 32].map((lower) => [node.clientWidth - 2, up + lower, "end"])]);
    }
    if (inside(seqLen, cache)) marks.append(s("circle", { class: "kv-point", cx: here, cy: y(cache), r: 6 }));
  }

  function draw(now) {
    narrow = node.clientWidth < NARROW;
    right = Math.max(LEFT + 80, node.clientWidth - (narrow ? 74 : 124));
    width = right - LEFT;
    put(drawing, {
      width: node.clientWidth, height: HEIGHT, viewBox: `0 0 ${node.clientWidth} ${HEIGHT}`,
      "aria-label": `Chart: the cache of ${counted(now.batch_size, "sequence")} grows from ${byteSize(now.bytesAt(SHORTEST))} at ${thousands(SHORTEST)} tokens to ${byteSize(now.bytesAt(LONGEST))} at ${thousands(LONGEST)}.`,
    });
    put(lines, { x: LEFT, y: TOP, width, height, viewBox: `${LEFT} ${TOP} ${width} ${height}` });
    lines.replaceChildren();
    marks.replaceChildren();
    const labels = placer(marks, LEFT, node.clientWidth);
    drawAxes();
    drawCurves(now, labels);
    const levels = levelsOf(now);
    drawLevels(levels, labels);
    drawPoints(now, labels);
    nameLevels(levels, labels);
  }
  return { node, draw };
}
