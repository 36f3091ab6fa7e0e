// How the reader changes q and k: number by number, by pulling, or by dragging arrows.
import { fixed, h, put, s } from "../base.js";
import { dot, replaceRow, withEdits } from "./arithmetic.js";
import { signed, step } from "./numbers.js";

/** The choice of the key whose arithmetic is spelled out; the query is chosen in the sentence. */
function keyChoice({ id, change, listen }, tokens) {
  const select = h("select", { id: `${id}-key` }, ...tokens.map((token, j) => h("option", { value: j }, `${j + 1}. ${token}`)));
  listen(select, "change", () => change({ key: Number(select.value) }));
  return select;
}

/** The chosen query and key, number under number: their products add up to q · k. */
export function pairByNumber(frame, { tokens, dHead, heads }) {
  const { id, model, change, listen } = frame;
  const select = keyChoice(frame, tokens);
  const whose = h("span", {});
  const groups = [["q", "query"], ["k", "key"]].map(([part, name]) => {
    const inputs = Array.from({ length: dHead }, () => h("input", { type: "number", step: 0.1 }));
    inputs.forEach((input, c) => listen(input, "input", () => {
      const [head, token] = [model.get("head"), model.get(name)];
      const wrong = !Number.isFinite(input.valueAsNumber);
      put(input, { "aria-invalid": wrong });
      if (wrong) return;
      const row = [...withEdits(heads[head], head, model.get("edits"))[part][token]];
      row[c] = input.valueAsNumber;
      change(replaceRow(model, part, token, row));
    }));
    const undo = h("button", { type: "button" }, "undo");
    listen(undo, "click", () => {
      change(replaceRow(model, part, model.get(name), null));
      inputs[0].focus();
    });
    const label = name === "key" ? [h("label", { for: `${id}-key` }, "key of"), " ", select] : [whose];
    return { part, name, inputs, undo, nodes: [h("span", { class: `cf-${name}` }, ...label), ...inputs, undo] };
  });
  const terms = Array.from({ length: dHead }, () => h("span", {}));
  const product = h("b", {});
  const node = h("div", {}, step(1, "Multiply query and key"),
    h("div", { class: "cf-pair", style: `--cf-width:${dHead}` }, ...groups.flatMap(({ nodes }) => nodes),
      h("span", {}, "q · k"), ...terms, product));
  function draw({ query, key, head, edits, rows, now }) {
    whose.textContent = `query of “${tokens[query]}”`;
    select.value = key;
    const chosen = { query, key };
    for (const { part, name, inputs, undo } of groups) {
      const token = chosen[name];
      inputs.forEach((input, c) => {
        const value = rows[part][token][c];
        // What is being typed ("0.", "-") is left alone.
        if (document.activeElement !== input || input.valueAsNumber !== value) {
          if (document.activeElement !== input || Number.isFinite(input.valueAsNumber)) input.value = Number(value.toPrecision(6));
        }
        put(input, { "aria-label": `${name} of ${tokens[token]}, component ${c + 1}` });
      });
      const edited = edits.some((edit) => edit.head === head && edit.part === part && edit.token === token);
      put(undo, { "aria-label": `undo the change of the ${name} of ${tokens[token]}`, "data-off": !edited });
    }
    terms.forEach((term, c) => (term.textContent = `${c ? "+ " : ""}${signed(rows.q[query][c] * rows.k[key][c])}`));
    product.textContent = `= ${fixed(now.products[query][key])}`;
  }
  return { node, draw };
}

/** For wide queries: turn the chosen one towards the chosen key. */
export function pairByPull(frame, { tokens, dHead, heads }) {
  const { id, model, change, listen } = frame;
  const select = keyChoice(frame, tokens);
  const slider = h("input", { type: "range", id: `${id}-pull`, min: 0, max: 100, step: 1 });
  const [whose, label] = [h("span", {}), h("label", { for: `${id}-pull` })];
  const value = h("output", { for: `${id}-pull`, "aria-live": "off" });
  const product = h("p", { class: "cf-sum" });
  listen(slider, "input", () => {
    const [query, key, percent] = [model.get("query"), model.get("key"), Number(slider.value)];
    const { q, k } = heads[model.get("head")];
    // The target points along the key and is as long as the query, so that only the direction turns.
    const stretch = Math.hypot(...q[query]) / (Math.hypot(...k[key]) || 1);
    const row = q[query].map((a, c) => a + (percent / 100) * (stretch * k[key][c] - a));
    change(replaceRow(model, "q", query, percent ? row : null, { toward: key, percent }));
  });
  const node = h("div", {}, step(1, "Multiply query and key"),
    h("p", { class: "cf-pick" }, whose, h("label", { for: `${id}-key` }, "and key of"), " ", select), product,
    h("div", { class: "cf-pull" }, label, slider, value));
  function draw({ query, key, head, edits, now }) {
    const edit = edits.find((each) => each.head === head && each.part === "q" && each.token === query);
    select.value = key;
    slider.value = edit?.toward === key ? edit.percent : 0;
    whose.textContent = `query of “${tokens[query]}” `;
    product.textContent = `q · k = sum of ${dHead} products = ${fixed(now.products[query][key])}`;
    label.textContent = `Pull the query of “${tokens[query]}” towards the key of “${tokens[key]}”`;
    value.textContent = `${slider.value}\u00a0%`;
    put(slider, { "aria-valuetext": value.textContent });
  }
  return { node, draw };
}

/** Queries and keys of width 2 as arrows that can be dragged. */
export function plane({ model, change, listen }, { tokens }) {
  const half = 130; // of the drawing's side, in its own units
  const arrow = (name) => ({
    line: s("line", { class: `cf-arrow cf-${name}` }),
    tip: s("circle", { class: `cf-tip cf-${name}`, r: name === "key" ? 6 : 11 }),
    text: s("text", { class: `cf-name cf-${name}` }),
  });
  const keys = tokens.map(() => arrow("key"));
  const looks = arrow("query");
  const shadow = s("line", { class: "cf-shadow" });
  const all = [...keys, looks];
  const drawing = s("svg", { viewBox: `${-half} ${-half} ${2 * half} ${2 * half}`, "aria-hidden": "true" },
    s("path", { class: "cf-axes", d: `M${-half} 0H${half}M0 ${-half}V${half}` }), shadow,
    ...["line", "text", "tip"].flatMap((part) => all.map((each) => each[part])));
  const node = h("div", { class: "cf-plane" },
    h("p", { class: "cf-caption" }, "Or drag: the ring is the query, dots are keys"), drawing);

  let unit = 1;
  let dragged = null;
  const grab = (tip, part, token) => {
    listen(tip, "pointerdown", (event) => {
      tip.setPointerCapture(event.pointerId);
      dragged = { part, token: token() };
      if (part === "k") change({ key: dragged.token });
    });
    listen(tip, "pointermove", (event) => {
      if (!dragged) return;
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
      const inside = (at) => Math.round((10 * Math.max(-half, Math.min(half, at))) / unit) / 10;
      change(replaceRow(model, dragged.part, dragged.token, [inside(x), inside(-y)]));
    });
    for (const end of ["pointerup", "pointercancel"]) listen(tip, end, () => (dragged = null));
  };
  keys.forEach(({ tip }, j) => grab(tip, "k", () => j));
  grab(looks.tip, "q", () => model.get("query"));

  function point({ line, tip, text }, [x, y], name, chosen) {
    const [px, py] = [x * unit, -y * unit];
    put(line, { x1: 0, y1: 0, x2: px, y2: py, "data-picked": chosen });
    put(tip, { cx: px, cy: py, "data-picked": chosen });
    // The query's name stands above its point; a key's beside its own, inside the drawing.
    const side = tip === looks.tip ? "middle" : px > 0.6 * half ? "end" : "start";
    const [right, down] = { middle: [0, -15], end: [-3, 16], start: [11, 0] }[side];
    put(text, { x: px + right, y: py + down, "text-anchor": side });
    text.textContent = name;
  }
  function draw({ query, key, rows: { q, k } }) {
    // The scale of the drawing stands still under a finger.
    if (!dragged) unit = (0.75 * half) / Math.max(...[...q, ...k].flat().map(Math.abs), 0.5);
    keys.forEach((each, j) => {
      // Equal keys lie on one point: the first of them carries all names.
      const same = tokens.filter((_, i) => String(k[i]) === String(k[j]));
      point(each, k[j], k.findIndex((row) => String(row) === String(k[j])) === j ? same.join(", ") : "", j === key);
    });
    point(looks, q[query], `${tokens[query]} looks`, true);
    const along = dot(q[query], k[key]) / (dot(q[query], q[query]) || 1);
    const [x, y] = q[query].map((a) => a * along * unit);
    put(shadow, { x1: k[key][0] * unit, y1: -k[key][1] * unit, x2: x, y2: -y });
  }
  return { node, draw };
}
