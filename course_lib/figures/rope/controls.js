// What the reader sets: which vectors, which base, and where the query and the key stand.
import { h, put } from "../base.js";
import { counted, thousands } from "../formats.js";

/** A choice of one among a few, as a row of buttons. */
function radios({ id, change, listen }, trait, legend, options) {
  const inputs = options.map(([value]) => {
    const input = h("input", { type: "radio", name: `${id}-${trait}`, class: "cf-hidden" });
    listen(input, "change", () => change({ [trait]: value }));
    return input;
  });
  const node = h("fieldset", { class: "cfr-choice", hidden: options.length < 2 }, h("legend", {}, legend),
    ...inputs.map((input, i) => h("label", {}, input, options[i][1])));
  const draw = (chosen) => inputs.forEach((input, i) => (input.checked = options[i][0] === chosen));
  return { node, draw };
}

export function choices(frame) {
  const { model } = frame;
  const vectors = radios(frame, "example", "Query and key", model.get("labels").map((label, i) => [i, label]));
  const bases = radios(frame, "base", "Base", model.get("bases").map((base) => [base, thousands(base)]));
  const node = h("div", { class: "cfr-choices" }, vectors.node, bases.node);
  const draw = ({ example, base }) => {
    vectors.draw(example);
    bases.draw(base);
  };
  return { node, draw };
}

const SLIDERS = [
  { trait: "query_at", at: "queryAt", label: "Query at", last: "reach" },
  { trait: "key_at", at: "keyAt", label: "Key at", last: "reach" },
  { trait: "shift", at: "shift", label: "Move both by", last: "max_shift" },
];

function slider({ id, model, change, listen }, { trait, at, label, last }) {
  const input = h("input", { type: "range", id: `${id}-${trait}`, min: 0, max: model.get(last), step: 1 });
  const [value, sum] = [h("output", { for: `${id}-${trait}`, "aria-live": "off" }), h("span", { class: "cfr-sum", "aria-hidden": "true" })];
  listen(input, "input", () => change({ [trait]: Number(input.value) }));
  const node = h("div", { class: "cfr-slider", "data-trait": trait }, h("label", { for: `${id}-${trait}` }, label), value, sum, input);
  const draw = (now) => {
    const [own, { shift }] = [now[at], now];
    if (Number(input.value) !== own) input.value = own;
    const place = at === "shift" ? thousands(own) : thousands(own + shift);
    value.textContent = place;
    sum.textContent = shift && at !== "shift" ? `= ${own} + ${thousands(shift)}` : "";
    put(input, { "aria-valuetext": at === "shift" ? counted(own, "position") : `position ${place}` });
  };
  return { node, draw };
}

export function sliders(frame) {
  const all = SLIDERS.map((each) => slider(frame, each));
  const node = h("div", { class: "cfr-sliders" }, ...all.map((each) => each.node));
  return { node, draw: (now) => all.forEach((each) => each.draw(now)) };
}
