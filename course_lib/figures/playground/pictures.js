// What the playground draws: the whole distribution as columns, and a list with one row a token.
import { exact, h, plain, put, s } from "../base.js";
import { probabilityText } from "../sampling/words.js";
import { tokenText } from "./words.js";

const MIN_DRAWS = 10; // fewer have no shares worth a mark
const [CHART, STRIP, GUTTER] = [132, 18, 34]; // heights of columns and of the strip below, room at the left
const [ROOM_FOR_NAMES, WIDEST] = [15, 46]; // of one column
const LETTER = 6.4; // width of a letter; all in pixels

/** The top of the scale: a round number, so that bars do not grow and shrink with every step. */
function topOf({ raw, probs, counts, draws }) {
  const shares = draws.length < MIN_DRAWS ? 0 : Math.max(...counts) / draws.length;
  const largest = Math.max(shares, raw[0], ...probs);
  return [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1].find((top) => top > largest - 1e-9);
}

/** Neighbours that share a rule, as [rule, first, last]. */
function runsOf(cutBy) {
  const runs = [];
  cutBy.forEach((rule, i) => {
    if (runs.at(-1)?.[0] === rule) runs.at(-1)[2] = i;
    else runs.push([rule, i, i]);
  });
  return runs;
}

/** Columns, raw and now; below them what cut them. */
export function skyline({ id, model, listen }, view) {
  const most = Math.min(model.get("n_shown"), Math.max(...model.get("tokens").map((each) => each.length)));
  const columns = Array.from({ length: most }, () => {
    const parts = { before: s("rect", { class: "cfp-raw" }), after: s("rect", { class: "cfp-now" }), dot: s("circle", { class: "cfp-dot" }), name: s("text", { class: "cfp-name" }) };
    return { ...parts, node: s("g", {}, ...Object.values(parts)) };
  });
  const grid = s("path", { class: "cfp-grid" });
  const ticks = [1, 0.5].map((share) => ({ share, node: s("text", { class: "cfp-tick", x: GUTTER - 5, y: 8 + CHART * (1 - share) }) }));
  const strip = s("g", {});
  const picture = s("svg", { role: "img", "aria-labelledby": `${id}-sky` }, grid, ...ticks.map(({ node }) => node), ...columns.map(({ node }) => node), strip);
  const key = (name, words) => h("span", {}, h("i", { class: name, "aria-hidden": "true" }), words);
  const keyOfDraws = key("cfp-dot", "share of draws");
  const readout = h("p", { class: "cfp-readout" });
  const node = h("div", { class: "cfp-sky" },
    h("p", { id: `${id}-sky`, class: "cfp-legend" }, key("cfp-raw", "raw"), key("cfp-now", "now"), keyOfDraws), picture);

  let [column, n] = [1, 0];
  const point = ({ offsetX }) => view.point(Math.floor((offsetX - GUTTER) / column));
  listen(picture, "pointermove", point);
  listen(picture, "pointerdown", point);
  listen(picture, "pointerleave", ({ pointerType }) => pointerType === "mouse" && view.point(-1));

  function say({ tokens, raw, probs, cutBy, others }) {
    const i = view.pointed;
    if (i >= 0 && i < n) {
      return `“${tokenText(tokens[i])}”: raw ${probabilityText(raw[i])}, now ${cutBy[i] ? `cut by ${cutBy[i]}` : probabilityText(probs[i])}`;
    }
    const rest = others.n ? `; the others together: raw ${probabilityText(others.raw)}, now ${probabilityText(others.probs)}` : "";
    return `${n} of ${tokens.length} tokens, the most probable first${rest}.`;
  }

  function draw(now) {
    const { tokens, raw, probs, cutBy, counts, draws, shown } = now;
    const width = node.clientWidth;
    [column, n] = [Math.min(WIDEST, (width - GUTTER) / shown), shown];
    const longest = Math.max(...tokens.slice(0, n).map((token) => token.length));
    const namesHeight = column < ROOM_FOR_NAMES ? 0 : Math.min(78, 12 + 5.2 * longest);
    const [base, top] = [CHART + 8, topOf(now)];
    const height = base + STRIP + namesHeight + 4;
    const tall = (p) => (CHART * p) / top;
    put(picture, { width, height, viewBox: `0 0 ${width} ${height}` });
    put(grid, { d: [0, 0.5, 1].map((share) => `M${GUTTER} ${base - share * CHART}H${width}`).join(" ") });
    for (const { share, node: tick } of ticks) tick.textContent = plain(share * top, 3);
    columns.forEach(({ node: all, before, after, dot, name }, i) => {
      put(all, { display: i < n ? null : "none" });
      if (i >= n) return;
      const [x, gap, share] = [GUTTER + i * column, Math.min(3, 0.16 * column), counts[i] / draws.length];
      put(before, { x: x + gap / 2, width: column - gap, y: base - tall(raw[i]), height: tall(raw[i]), "data-cut": cutBy[i] || null });
      put(after, { x: x + 0.26 * column, width: 0.48 * column, y: base - tall(probs[i]), height: tall(probs[i]) });
      put(dot, draws.length < MIN_DRAWS || !share ? { r: 0 } : { cx: x + column / 2, cy: base - tall(share), r: Math.min(3.5, 0.3 * column) });
      const [nameX, nameY] = [x + column / 2 + 3, base + STRIP + 11];
      name.textContent = namesHeight ? tokenText(tokens[i]) : "";
      put(name, { x: nameX, y: nameY, transform: `rotate(-52 ${nameX} ${nameY})`, "data-cut": cutBy[i] || null });
    });
    strip.replaceChildren(...runsOf(cutBy.slice(0, n)).flatMap(([rule, first, last]) => {
      const [x, wide, cut] = [GUTTER + first * column, (last - first + 1) * column, { "data-cut": rule || null }];
      const text = (rule ? [`cut: ${rule}`, rule] : ["kept"]).find((words) => words.length * LETTER < wide - 4) ?? "";
      return [s("rect", { ...cut, class: "cfp-run", x: x + 0.5, y: base + 2, width: wide - 1, height: STRIP - 4, rx: 2 }),
        s("text", { ...cut, class: "cfp-run-name", x: x + wide / 2, y: base + STRIP / 2 }, text)];
    }));
    keyOfDraws.hidden = draws.length < MIN_DRAWS;
    readout.textContent = say(now);
  }
  return { node, readout, draw };
}

/** A row of the list: bars, numbers or the rule that cut the token, how often it was drawn. */
function listRow(name) {
  const [raw, now, drawn] = Array.from("123", () => h("td", {}));
  const [before, after] = ["cfp-raw", "cfp-now"].map((name) => h("i", { class: name }));
  const node = h("tr", {}, h("th", { scope: "row" }, name),
    h("td", { class: "cfp-bars", "aria-hidden": "true" }, before, after), raw, now, drawn);
  const draw = ({ p, q, cut, count, isLast }, top, nDraws) => {
    const width = (x) => `${100 * Math.min(1, x / top)}%`;
    put(node, { "data-raw": exact(p), "data-now": exact(q), "data-cut": cut || null, "data-count": count, "data-last": isLast });
    raw.textContent = probabilityText(p);
    now.textContent = cut || probabilityText(q);
    drawn.textContent = nDraws ? String(count) : "";
    before.style.width = width(p);
    after.style.width = width(q);
  };
  return { name, node, draw };
}

/** One row a token; a click on its name marks it as seen. */
export function tokenList({ model, change, listen }) {
  const rows = [];
  const others = listRow(h("span", {}));
  const body = h("tbody", {});
  const heads = ["token", "bars", "raw", "now", "drawn"].map((name) => h("th", { scope: "col" }, h("span", { class: name === "bars" && "cf-hidden" }, name)));
  const node = h("div", { class: "cfp-list" }, h("table", {},
    h("caption", { class: "cf-hidden" }, "The tokens, raw and now"), h("thead", {}, h("tr", {}, ...heads)), body));
  let current = 0; // the name that the Tab key stops at

  function toggle(i) {
    current = i;
    const seen = [...model.get("seen")];
    const mine = seen[model.get("prompt")];
    seen[model.get("prompt")] = mine.includes(i) ? mine.filter((token) => token !== i) : [...mine, i];
    change({ seen });
  }

  function rowOf(i) {
    if (!rows[i]) {
      const button = h("button", { type: "button" });
      listen(button, "click", () => toggle(i));
      rows[i] = listRow(button);
    }
    return rows[i];
  }

  listen(body, "keydown", (event) => {
    const buttons = [...body.querySelectorAll("button")];
    const target = buttons[{ ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: buttons.length - 1 }[event.key]];
    if (!target) return;
    event.preventDefault();
    put(buttons[current], { tabindex: -1 });
    put(target, { tabindex: 0 });
    current = buttons.indexOf(target);
    target.focus();
  });

  function draw(now) {
    const { tokens, raw, probs, cutBy, counts, draws, seen, shown, others: rest } = now;
    const top = topOf(now);
    current = Math.min(current, shown - 1);
    const lines = tokens.slice(0, shown).map((token, i) => {
      const row = rowOf(i);
      row.draw({ p: raw[i], q: probs[i], cut: cutBy[i], count: counts[i], isLast: draws.at(-1) === i }, top, draws.length);
      row.name.textContent = tokenText(token);
      put(row.name, { "aria-pressed": String(seen.has(i)), "aria-label": `${tokenText(token)}: seen`, tabindex: i === current ? 0 : -1 });
      return row.node;
    });
    if (rest.n) {
      others.draw({ p: rest.raw, q: rest.probs, count: rest.count, isLast: draws.at(-1) >= shown }, top, draws.length);
      others.name.textContent = `${rest.n} others, ${rest.nKept} kept`;
      lines.push(others.node);
    }
    if (lines.length !== body.children.length || lines.at(-1) !== body.lastChild) body.replaceChildren(...lines);
  }
  return { node, draw };
}
