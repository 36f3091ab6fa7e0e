// What the reader sets: the text, how the model was trained, and how much room an expert has.
import { h, plain, put } from "../base.js";
import { counted } from "../formats.js";

export function choices(frame) {
  const { id, model, change, listen } = frame;
  const texts = h("select", { id: `${id}-text` }, ...model.get("labels").map((label, i) => h("option", { value: i }, label)));
  listen(texts, "change", () => change({ text: Number(texts.value) }));
  const radios = model.get("model_names").map((name, i) => {
    const input = h("input", { type: "radio", name: `${id}-model` });
    listen(input, "change", () => change({ model: i }));
    return { input, node: h("label", {}, input, ` ${name}`) };
  });
  const node = h("div", { class: "cfx-choices" },
    h("div", { class: "cfx-text" }, h("label", { for: texts.id }, "Text"), texts),
    h("fieldset", { class: "cfx-models" }, h("legend", {}, "Trained"), ...radios.map((each) => each.node)));
  const draw = ({ text, chosen }) => {
    texts.value = text;
    radios.forEach(({ input }, i) => (input.checked = i === chosen));
  };
  return { node, draw };
}

export function room({ id, model, change, listen }) {
  const most = model.get("shares")[0][0].length / model.get("n_chosen");
  const input = h("input", { type: "range", id: `${id}-factor`, min: 0.5, max: most, step: 0.25 });
  const value = h("output", { for: input.id, "aria-live": "off" });
  listen(input, "input", () => change({ factor: Number(input.value) }));
  const node = h("div", { class: "cf-sliders" }, h("div", { class: "cf-slider" }, h("label", { for: input.id }, "Room, in even shares"), value, input));
  const draw = ({ factor, capacity }) => {
    if (Number(input.value) !== factor) input.value = factor;
    const said = `${plain(factor)}: ${counted(capacity, "word")} an expert`;
    value.textContent = said;
    put(input, { "aria-valuetext": said });
  };
  return { node, draw };
}
