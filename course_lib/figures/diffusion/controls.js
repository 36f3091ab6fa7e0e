// What the reader sets: the digit, the guidance and the step.
import { h, put } from "../base.js";

export function choices({ id, model, change, listen }) {
  const digits = h("select", { id: `${id}-digit` }, ...model.get("labels").map((label, i) => h("option", { value: i }, label)));
  listen(digits, "change", () => change({ digit: Number(digits.value) }));
  const radios = model.get("guidances").map((strength, i) => {
    const input = h("input", { type: "radio", name: `${id}-guidance` });
    listen(input, "change", () => change({ guidance: i }));
    return { input, node: h("label", {}, input, ` ${strength}`) };
  });
  const node = h("div", { class: "cfd-choices" },
    h("div", { class: "cfd-digit" }, h("label", { for: digits.id }, "Paint a"), digits),
    h("fieldset", { class: "cfd-guidance" }, h("legend", {}, "Guidance"), ...radios.map((each) => each.node)));
  const draw = ({ digit, guidance }) => {
    digits.value = digit;
    radios.forEach(({ input }, i) => (input.checked = i === guidance));
  };
  return { node, draw };
}

export function stepper({ id, model, change, listen }) {
  const nSteps = model.get("signal").length;
  const input = h("input", { type: "range", id: `${id}-step`, min: 1, max: nSteps, step: 1 });
  const value = h("output", { for: input.id, "aria-live": "off" });
  listen(input, "input", () => change({ step: Number(input.value) }));
  const node = h("div", { class: "cf-slider" }, h("label", { for: input.id }, "Step"), value, input);
  const draw = ({ step }) => {
    const said = `${step + 1} of ${nSteps}`;
    if (Number(input.value) !== step + 1) input.value = step + 1;
    value.textContent = said;
    put(input, { "aria-valuetext": said });
  };
  return { node, draw };
}
