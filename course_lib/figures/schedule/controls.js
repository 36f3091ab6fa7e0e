// What the reader sets: which schedule, its kind, its lengths, its rates, the step to read.
import { h, put } from "../base.js";
import { counted, thousands } from "../formats.js";
import { dragged } from "../number_field.js";
import { scientific } from "../powers.js";
import { STAGED, WITH_FLOOR, grainOf, reshape, roundRate, shaped } from "./arithmetic.js";

/** The kind, and whether there is a second schedule and which of the two is shaped. */
export function which(frame) {
  const { id, model, change, listen } = frame;
  const kind = h("select", { id: `${id}-kind` }, ...model.get("kinds").map((name) => h("option", { value: name }, name)));
  listen(kind, "change", () => reshape(frame, { kind: kind.value }));
  const both = h("input", { type: "checkbox", id: `${id}-both` });
  listen(both, "change", () => change({ compared: both.checked, active: both.checked ? 1 : 0 }));
  const radios = ["A", "B"].map((name, i) => {
    const input = h("input", { type: "radio", name: `${id}-which`, value: i });
    listen(input, "change", () => change({ active: i }));
    return { input, node: h("label", { "data-schedule": name }, input, ` ${name}`) };
  });
  const shapes = h("fieldset", { class: "cfl-which" }, h("legend", {}, "Shape"), ...radios.map(({ node }) => node));
  const node = h("div", { class: "cfl-top" }, h("label", { class: "cfl-both" }, both, " Compare two"), shapes,
    h("div", { class: "cfl-kind" }, h("label", { for: kind.id }, "Kind"), kind));
  const draw = ({ shown, compared, active }) => {
    both.checked = compared;
    put(shapes, { hidden: !compared });
    radios.forEach(({ input }, i) => (input.checked = i === active));
    kind.value = shown[active].kind;
  };
  return { node, draw };
}

function length(frame, name, label, limits, noun = "step") {
  const { model } = frame;
  const { ofSteps } = grainOf(model);
  const within = (value) => { const [low, high] = limits(); return Math.min(high, Math.max(low, value)); };
  return dragged(frame, {
    name, label, limits, whole: true, places: Math.round(model.get("max_steps") / ofSteps), at: (value) => value / ofSteps, from: (place) => within(place * ofSteps),
    fault: () => `A whole number from ${limits().map((each) => thousands(each)).join(" to ")}.`,
    read: () => (name === "step" ? model.get("step") : shaped(model)[name]), say: (value) => counted(value, noun),
    write: (value) => (name === "step" ? frame.change({ step: value }) : reshape(frame, { [name]: value })),
  });
}

/** Warm-up, whole training, fall, and the step that is read. */
export function steps(frame) {
  const { model } = frame;
  const most = model.get("max_steps");
  const all = {
    step: length(frame, "step", "Read the rate at step", () => [0, most]),
    n_warmup: length(frame, "n_warmup", "Warm-up, steps", () => [0, shaped(model).n_steps - 1]),
    n_steps: length(frame, "n_steps", "Whole training, steps", () => [2, most]),
    n_decay: length(frame, "n_decay", "Decay at the end, steps", () => [1, Math.max(1, shaped(model).n_steps - shaped(model).n_warmup)]),
  };
  const node = h("div", { class: "cfl-group" }, ...Object.values(all).map((each) => each.node));
  const draw = ({ shown, active }) => {
    Object.values(all).forEach((each) => each.draw());
    all.n_decay.disable(shown[active].kind !== STAGED);
  };
  return { node, draw };
}

function height(frame, name, label, limits) {
  const { model } = frame;
  const { ofRate } = grainOf(model);
  const within = (value) => { const [low, high] = limits(); return Math.min(high, Math.max(low, value)); };
  return dragged(frame, {
    name, label, limits, places: 200, at: (value) => value / ofRate, from: (place) => within(roundRate(place * ofRate)),
    fault: () => `A number from ${limits().map((each) => scientific(each)).join(" to ")}; 3e-4 is 3 × 10⁻⁴.`,
    show: (value) => (value ? Number(value.toPrecision(6)).toExponential() : "0"),
    read: () => shaped(model)[name], say: (value) => scientific(value), write: (value) => reshape(frame, { [name]: value }),
  });
}

/** Peak and floor. */
export function rates(frame) {
  const { model } = frame;
  const { ofRate } = grainOf(model);
  const peak = height(frame, "peak", "Peak rate", () => [roundRate(ofRate / 100), model.get("max_rate")]);
  const floor = height(frame, "floor", "Floor, rate at the end", () => [0, shaped(model).peak]);
  const node = h("div", { class: "cfl-group" }, peak.node, floor.node);
  const draw = ({ shown, active }) => {
    peak.draw();
    floor.draw();
    floor.disable(!WITH_FLOOR.includes(shown[active].kind));
  };
  return { node, draw };
}
