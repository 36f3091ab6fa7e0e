// What the reader sets: the law, the budget, the size, the accelerator.
import { exact, fixed, h, put } from "../base.js";
import { largeCount, thousands } from "../formats.js";
import { dragged, typed } from "../number_field.js";
import { scientific } from "../powers.js";
import { placeOf, places, valueAt } from "./arithmetic.js";
import { timeInWords } from "./words.js";

const DIGITS = 4; // of a size in its field
const MOST_TERAFLOPS = 100000;
const LEAST_TERAFLOPS = 0.001;

function choice({ id, listen }, name, label, options, act) {
  const select = h("select", { id: `${id}-${name}` }, ...options.map(([value, words]) => h("option", { value }, words)));
  listen(select, "change", () => act(select.value));
  return { select, node: h("div", { class: "cfb-field" }, h("label", { for: select.id }, ...label), select) };
}

const equation = () => ["The law, L = E + A/N", h("sup", {}, "α"), " + B/D", h("sup", {}, "β")];

export function law(frame) {
  const names = frame.model.get("laws").map(({ name }) => [name, name]);
  const { select, node } = choice(frame, "law", equation(), names, (name) => frame.change({ law_name: name }));
  return { node, draw: ({ law_name: name }) => (select.value = name) };
}

/** A number on a scale of powers of ten. */
function onPowers(frame, [low, high], settings) {
  return dragged(frame, {
    places: places(low, high), at: placeOf(low), from: valueAt(low, high), limits: () => [low, high],
    fault: () => `A number from ${scientific(low)} to ${scientific(high)}; 6e23 is 6 × 10²³.`,
    show: (value) => Number(value.toPrecision(DIGITS)).toExponential().replace("+", ""), ...settings,
  });
}

export function budget(frame) {
  const { model, change } = frame;
  return onPowers(frame, model.get("budgets"), {
    name: "flops", label: "Budget (C), operations", read: () => model.get("flops"), write: (flops) => change({ flops }), say: (flops) => `${scientific(flops)} operations`,
  });
}

export function size(frame) {
  const { model, change, listen } = frame;
  let now;
  const parts = onPowers(frame, model.get("sizes"), {
    name: "n_parameters", label: "Size (N), parameters", read: () => now.chosen.parameters, write: (size) => change({ n_parameters: size, at_optimum: false }),
    say: (parameters) => `${largeCount(parameters)} parameters`,
  });
  const best = h("button", { type: "button" }, "Take the best size");
  listen(best, "click", () => change({ at_optimum: true }));
  const node = h("div", {}, parts.node, best);
  const draw = (next) => {
    now = next;
    parts.draw();
    put(best, { "aria-pressed": String(next.at_optimum) });
  };
  return { node, draw };
}

/** How long an accelerator works for the budget. */
export function machine(frame) {
  const { model, change } = frame;
  const known = model.get("accelerators");
  const kinds = choice(frame, "accelerator", ["Accelerator"], [...known.map(([name, teraflops]) => [teraflops, name]), ["", "another"]],
    (value) => value && change({ teraflops: Number(value) }));
  const peak = typed(frame, {
    name: "teraflops", label: "TFLOP/s at best", limits: () => [LEAST_TERAFLOPS, MOST_TERAFLOPS], fault: () => `A number from ${LEAST_TERAFLOPS} to ${thousands(MOST_TERAFLOPS)}.`,
    read: () => model.get("teraflops"), write: (teraflops) => change({ teraflops }),
  });
  const share = dragged(frame, {
    name: "utilisation", label: "Of which it reaches, %", limits: () => [1, 100], fault: () => "A whole number from 1 to 100.", whole: true,
    places: 99, at: (value) => value - 1, from: (place) => place + 1, read: () => model.get("utilisation"), write: (utilisation) => change({ utilisation }), say: (value) => `${fixed(value, 0)} per cent`,
  });
  const words = h("p", {});
  const node = h("div", { class: "cfb-machine" },
    h("div", { class: "cfb-fields" }, kinds.node, h("div", { class: "cfb-field" }, peak.label, peak.input, peak.said)), share.node, words);
  const draw = (now) => {
    kinds.select.value = known.some(([, teraflops]) => teraflops === now.teraflops) ? now.teraflops : "";
    peak.draw();
    share.draw();
    words.textContent = timeInWords(now);
    put(words, { "data-seconds": exact(now.seconds) });
  };
  return { node, draw };
}
