// Fields that calculators share: to choose from a list, to type a number, to drag one along round values.
import { h, put } from "../base.js";
import { counted, thousands } from "../formats.js";

/** Four values an octave, so that a slider has round numbers: 128, 160, 192, 224, 256, … */
export function stepsUpTo(low, high) {
  const steps = [];
  for (let octave = low; octave <= high; octave *= 2) {
    for (const value of [1, 1.25, 1.5, 1.75].map((part) => part * octave)) {
      if (Number.isInteger(value) && value <= high) steps.push(value);
    }
  }
  return steps;
}

/** The index of the step whose ratio to a value is nearest to 1. */
export function nearest(steps, value) {
  const off = steps.map((step) => Math.abs(Math.log(step / value)));
  return off.indexOf(Math.min(...off));
}

const field = (id, label, ...inputs) => h("div", { class: "kv-field" }, h("label", { for: id }, label), ...inputs);

/** A list to choose from; `read` turns what was chosen into settings. */
export function choice({ id, change, listen }, name, label, options, read) {
  const select = h("select", { id: `${id}-${name}` }, ...options.map(([value, words]) => h("option", { value }, words)));
  listen(select, "change", () => change(read(select.value)));
  return { select, node: field(select.id, label, select) };
}

/** A whole number to type; what does not fit is marked, said, and changes nothing. */
export function number({ id, model, change, listen }, name, label) {
  const [low, high] = model.get("limits")[name];
  const input = h("input", { type: "number", id: `${id}-${name}`, min: low, max: high, step: 1, inputmode: "numeric", "aria-describedby": `${id}-${name}-fault` });
  const fault = h("span", { class: "kv-fault", id: `${id}-${name}-fault`, role: "alert" });
  function mark(wrong) {
    put(input, { "aria-invalid": wrong ? "true" : null });
    fault.textContent = wrong ? `A whole number from ${thousands(low)} to ${thousands(high)}.` : "";
  }
  const draw = () => {
    if (!input.hasAttribute("aria-invalid") && (input.value === "" || Number(input.value) !== model.get(name))) input.value = model.get(name);
  };
  listen(input, "input", () => {
    const value = Number(input.value);
    const fits = input.value !== "" && Number.isInteger(value) && value >= low && value <= high;
    mark(!fits);
    if (fits) change({ [name]: value });
  });
  listen(input, "blur", () => { mark(false); draw(); });
  return { input, fault, draw, node: field(input.id, label, input, fault) };
}

/** A number to drag along round values, or to type. */
export function dragged(frame, name, label, noun, steps) {
  const { id, model, change, listen } = frame;
  const typed = number(frame, name, label);
  const slider = h("input", { type: "range", min: 0, max: steps.length - 1, step: 1, "aria-label": label });
  listen(slider, "input", () => change({ [name]: steps[Number(slider.value)] }));
  const node = h("div", { class: "kv-drag" }, h("label", { for: `${id}-${name}` }, label), typed.input, slider, typed.fault);
  const draw = () => {
    typed.draw();
    slider.value = nearest(steps, model.get(name));
    put(slider, { "aria-valuetext": counted(model.get(name), noun) });
  };
  return { node, draw };
}
