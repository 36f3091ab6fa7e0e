// What the reader sets: the text, the rule, the draft's quality and length, and how many words are drawn.
import { fixed, h, put } from "../base.js";
import { counted, thousands } from "../formats.js";

export function choices(frame) {
  const { id, model, change, listen } = frame;
  const texts = h("select", { id: `${id}-text` }, ...model.get("labels").map((label, i) => h("option", { value: i }, label)));
  listen(texts, "change", () => change({ example: Number(texts.value) }));
  const radios = model.get("rules").map((name, i) => {
    const input = h("input", { type: "radio", name: `${id}-rule` });
    listen(input, "change", () => change({ rule: i }));
    return { input, node: h("label", {}, input, ` ${name}`) };
  });
  const most = 2000;
  const buttons = [["Draw once more", 1], ["Draw 100 more", 100]].map(([label, by]) => {
    const button = h("button", { type: "button" }, label);
    listen(button, "click", () => change({ n_draws: Math.min(most, model.get("n_draws") + by) }));
    return button;
  });
  const node = h("div", { class: "cfs-choices" },
    h("div", { class: "cfs-text" }, h("label", { for: texts.id }, "Behind"), texts),
    h("fieldset", { class: "cfs-rule" }, h("legend", {}, "What has fallen is replaced from"), ...radios.map((each) => each.node)),
    h("div", { class: "cfs-buttons" }, ...buttons));
  const draw = ({ example, rule, nDraws }) => {
    texts.value = example;
    radios.forEach(({ input }, i) => (input.checked = i === rule));
    buttons.forEach((button) => put(button, { disabled: nDraws >= most }));
  };
  return { node, draw };
}

function slider({ id, change, listen }, { trait, label, limits: [min, max, step], say }) {
  const input = h("input", { type: "range", id: `${id}-${trait}`, min, max, step });
  const value = h("output", { for: input.id, "aria-live": "off" });
  listen(input, "input", () => change({ [trait]: Number(input.value) }));
  const node = h("div", { class: "cf-slider" }, h("label", { for: input.id }, label), value, input);
  const draw = (held) => {
    if (Number(input.value) !== held) input.value = held;
    value.textContent = say(held);
    put(input, { "aria-valuetext": say(held) });
  };
  return { node, draw };
}

export function sliders(frame) {
  const all = [
    [slider(frame, { trait: "quality", label: "Draft, moved towards the target", limits: [0, 1, 0.05], say: (value) => fixed(value) }), "quality"],
    [slider(frame, { trait: "n_drafted", label: "Drafted for one call", limits: [1, 12, 1], say: (value) => counted(value, "token") }), "nDrafted"],
    [slider(frame, { trait: "n_draws", label: "Words drawn", limits: [1, 2000, 1], say: thousands }), "nDraws"],
    [slider(frame, { trait: "seed", label: "Seed", limits: [0, 99, 1], say: String }), "seed"],
  ];
  const node = h("div", { class: "cf-sliders cfs-sliders" }, ...all.map(([each]) => each.node));
  return { node, draw: (now) => all.forEach(([each, name]) => each.draw(now[name])) };
}
