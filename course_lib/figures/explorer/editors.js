// How the reader changes q and k: number by number, by pulling, or by dragging arrows.
import { h, put, s } from "../base.js";
import { dot, replaceRow } from "./arithmetic.js";

/** The components of the chosen query and the chosen key as numbers. */
export function numberEditor({ model, change, listen }, { tokens, dHead, heads }) {
  const groups = [["q", "query", "query"], ["k", "key", "key"]].map(([part, which, name]) => {
    const legend = h("span", { class: `cf-${name}` });
    const inputs = Array.from({ length: dHead }, () => h("input", { type: "number", step: 0.1, inputmode: "decimal" }));
    inputs.forEach((input, c) => listen(input, "input", () => {
      const [head, token] = [model.get("head"), model.get(which)];
      const wrong = !Number.isFinite(input.valueAsNumber);
      put(input, { "aria-invalid": wrong });
      if (wrong) return;
      const row = [...withEdits(heads[head], head, model.get("edits"))[part][token]];
      row[c] = input.valueAsNumber;
      change(replaceRow(model, part, token, row));
    }));
    return { part, which, name, legend, inputs, node: h("div", { class: "cf-row" }, legend, ...inputs) };
  });
  const node = h("div", { class: "cf-edit" }, ...groups.map((group) => group.node));
  const draw = (shown) => groups.forEach(({ part, which, name, legend, inputs }) => {
    const token = tokens[shown[which]];
    legend.textContent = `${name} of “${token}”`;
    inputs.forEach((input, c) => {
      const value = shown.rows[part][shown[which]][c];
      // What is being typed ("0.", "-") is left alone.
      if (document.activeElement !== input || input.valueAsNumber !== value) {
        if (document.activeElement !== input || Number.isFinite(input.valueAsNumber)) input.value = Number(value.toPrecision(6));
      }
      put(input, { "aria-label": `${name} of ${token}, component ${c + 1}` });
    });
  });
  return { node, draw };
}

/** For wide queries: turn the chosen one towards the chosen key. */
export function pullEditor({ id, model, change, listen }, { tokens }, original) {
  const slider = h("input", { type: "range", id: `${id}-pull`, min: 0, max: 100, step: 1 });
  const label = h("label", { for: `${id}-pull` });
  const value = h("output", { for: `${id}-pull` });
  listen(slider, "input", () => {
    const [query, key] = [model.get("query"), model.get("key")];
    const { q, k } = original();
    const share = slider.value / 100;
    // The target points along the key and is as long as the query, so that only the direction turns.
    const stretch = Math.hypot(...q[query]) / (Math.hypot(...k[key]) || 1);
    const row = q[query].map((a, c) => (1 - share) * a + share * stretch * k[key][c]);
    change(replaceRow(model, "q", query, share ? row : null, { toward: key, percent: Number(slider.value) }));
  });
  const node = h("div", { class: "cf-edit cf-pull" }, label, slider, value);
  const draw = ({ query, key, head, edits }) => {
    const edit = edits.find((each) => each.head === head && each.part === "q" && each.token === query);
    slider.value = edit?.toward === key ? edit.percent : 0;
    label.textContent = `Pull the query of “${tokens[query]}” towards the key of “${tokens[key]}”`;
    value.textContent = `${slider.value} %`;
  };
  return { node, draw };
}

/** Queries and keys of width 2 as arrows that can be dragged. */
export function plane({ model, change, listen }, { tokens }) {
  const half = 130; // of the drawing's side, in its own units
  const arrow = (name) => ({
    line: s("line", { class: `cf-arrow cf-${name}` }),
    tip: s("circle", { class: `cf-tip cf-${name}`, r: 7 }),
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
    h("p", { class: "cf-caption" }, "Drag an arrow: the query is blue, keys are orange"), drawing);

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
