// One dial a pair: the two arrows, the angle between them, the pair's share, and its cosine by the difference.
import { exact, fixed, h, put, s } from "../base.js";
import { significant } from "../formats.js";
import { differencesTo } from "./arithmetic.js";
import { inDegrees } from "./words.js";

const [RADIUS, EDGE] = [46, 52]; // of the circle, and of the drawing around it
const [HEAD, SECTOR] = [9, 0.42]; // length of an arrow's head; radius of the angle's sector, of the circle's
const [SPARK, MARGIN] = [34, 5]; // height of the small curve and room for its point; all in units of the drawing

/** A point of the drawing, whose y axis points down. */
const onCircle = (degrees, radius) => {
  const angle = (degrees * Math.PI) / 180;
  return [radius * Math.cos(angle), -radius * Math.sin(angle)];
};

function arrow(name) {
  const [line, head] = [s("path", { class: "cfr-shaft" }), s("path", { class: "cfr-head" })];
  const node = s("g", { class: "cfr-arrow", "data-arrow": name }, line, head);
  const draw = ([x, y], direction, length) => {
    put(node, { transform: `rotate(${-(direction ?? 0)})`, "data-x": exact(x), "data-y": exact(y) });
    const tip = Math.min(HEAD, length);
    put(line, { d: `M0 0H${length - tip}` });
    put(head, { d: `M${length} 0l${-tip} ${-tip / 2}v${tip}Z` });
  };
  return { node, draw };
}

/** The circle with its arrows. Marks at its rim show where these point to at position 0. */
function circle() {
  const sector = s("path", { class: "cfr-sector" });
  const marks = ["key", "query"].map((name) => s("circle", { class: "cfr-start", "data-arrow": name, r: 3 }));
  const [key, query] = [arrow("key"), arrow("query")];
  const node = s("svg", { class: "cfr-circle", viewBox: `${-EDGE} ${-EDGE} ${2 * EDGE} ${2 * EDGE}`, "aria-hidden": "true" },
    s("circle", { class: "cfr-rim", r: RADIUS }), s("path", { class: "cfr-cross", d: `M${-RADIUS} 0H${RADIUS}M0 ${-RADIUS}V${RADIUS}` }),
    sector, ...marks, key.node, query.node);

  function draw({ q, k, directions: [toQuery, toKey], startDirections, lengths, angle }, longest) {
    const tall = (length) => (longest ? (RADIUS * length) / longest : 0);
    query.draw(q, toQuery, tall(lengths[0]));
    key.draw(k, toKey, tall(lengths[1]));
    [...startDirections].reverse().forEach((direction, i) => {
      const [cx, cy] = onCircle(direction ?? 0, RADIUS);
      put(marks[i], { cx, cy, display: direction === null ? "none" : null });
    });
    put(sector, { d: angle ? sectorBetween(toKey, toQuery) : "", "data-angle": angle === null ? null : exact(angle) });
  }
  return { node, draw };
}

/** The smaller of the two sectors between two directions. */
function sectorBetween(from, to) {
  const anticlockwise = (to - from + 360) % 360 <= 180;
  const [start, end] = [from, to].map((degrees) => onCircle(degrees, SECTOR * RADIUS));
  const radius = SECTOR * RADIUS;
  return `M0 0L${start}A${radius} ${radius} 0 0 ${anticlockwise ? 0 : 1} ${end}Z`;
}

/** A small curve: the cosine of the angle between the arrows against the difference of positions. */
function spark() {
  const [axis, line] = [s("path", { class: "cfr-axis" }), s("path", { class: "cfr-line" })];
  const point = s("circle", { class: "cfr-point", r: 4 });
  const node = s("svg", { class: "cfr-spark", "aria-hidden": "true" }, axis, line, point);
  function draw(now, index, width) {
    const { reach, difference, products } = now;
    const size = products[index] || 1;
    const x = (d) => MARGIN + ((width - 2 * MARGIN) * (d + reach)) / (2 * reach);
    const y = (d) => MARGIN + (SPARK - 2 * MARGIN) * (1 - now.shareAt(index, d) / size) / 2;
    put(node, { width, height: SPARK, viewBox: `0 0 ${width} ${SPARK}` });
    put(axis, { d: `M${MARGIN} ${SPARK / 2}H${width - MARGIN}M${x(0)} 0V${SPARK}` });
    put(line, { d: `M${differencesTo(reach).map((d) => `${x(d).toFixed(1)} ${y(d).toFixed(1)}`).join("L")}` });
    put(point, { cx: x(difference), cy: y(difference) });
  }
  return { node, draw };
}

function dial(frame, index) {
  const [picture, small] = [circle(), spark()];
  const [round, lengths, cosine, share, bar] = [h("p", { class: "cfr-round" }), h("span", {}), h("span", {}), h("b", {}), h("i", {})];
  const words = h("div", { class: "cfr-words" }, h("p", { class: "cfr-sum" }, lengths, " ", cosine, " ", share), h("div", { class: "cfr-bar", "aria-hidden": "true" }, bar), small.node);
  const node = h("div", { class: "cfr-dial", role: "group", "aria-label": `Pair ${index + 1}` },
    h("div", { class: "cfr-name" }, h("p", {}, h("b", {}, `Pair ${index + 1}`)), round), picture.node, words);
  function draw(now) {
    const pair = now.pairs[index];
    picture.draw(pair, now.longest);
    round.textContent = `once round in ${significant(pair.positionsATurn)} positions`;
    lengths.textContent = pair.lengths.map((length) => fixed(length)).join(" × ");
    cosine.textContent = `× cos ${inDegrees(pair.angle)}`;
    share.textContent = `= ${fixed(pair.share, 3)}`;
    const part = pair.share / (Math.max(...now.products) || 1); // of the most that a pair could give
    put(bar, { style: `left:${50 + 50 * Math.min(0, part)}%;width:${50 * Math.abs(part)}%`, "data-share": exact(pair.share) });
    small.draw(now, index, words.clientWidth);
  }
  return { node, draw };
}

/** All dials, and below them the sum of their shares. */
export function dials(frame) {
  const all = frame.model.get("query_rows")[0].flatMap((_, i) => (i % 2 ? [] : [dial(frame, i / 2)]));
  const key = (name, words) => h("span", {}, s("svg", { class: "cfr-key", viewBox: "0 -6 30 12", width: 30, height: 12, "aria-hidden": "true" },
    s("g", { "data-arrow": name }, s("path", { class: "cfr-shaft", d: "M0 0H20" }), s("path", { class: "cfr-head", d: "M30 0l-10-5v10Z" }))), words);
  const legend = h("p", { class: "cfr-legend" }, key("query", "query"), key("key", "key"),
    h("span", {}, s("svg", { class: "cfr-key", viewBox: "-6 -6 12 12", width: 12, height: 12, "aria-hidden": "true" }, s("circle", { class: "cfr-start", r: 4 })), "at position 0"));
  const [score, shares] = [h("b", {}), h("span", {})];
  const row = h("div", { class: "cfr-dials", style: `--cfr-inline:${Math.min(4, all.length)}` }, ...all.map((each) => each.node));
  const node = h("div", {}, legend, row,
    h("p", { class: "cfr-caption" }, "Bar: the pair’s share. Small curve: the cosine by the difference of positions."),
    h("p", { class: "cfr-score" }, "Score ", score, shares));
  function draw(now) {
    all.forEach((each) => each.draw(now));
    const terms = now.pairs.map(({ share }, i) => (i ? `${fixed(share, 3).startsWith("−") ? "−" : "+"} ${fixed(Math.abs(share), 3)}` : fixed(share, 3)));
    score.textContent = fixed(now.score, 6);
    shares.textContent = ` = ${terms.join(" ")}`;
  }
  return { node, draw };
}
