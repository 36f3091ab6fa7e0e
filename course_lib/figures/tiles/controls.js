// What the reader sets: the blocks, the mask, and how many tiles are done.
import { h, put } from "../base.js";

function slider({ id, change, listen }, trait, label, low, limit) {
  const input = h("input", { type: "range", id: `${id}-${trait}`, min: low, step: 1 });
  const value = h("output", { for: input.id, "aria-live": "off" });
  listen(input, "input", () => change({ [trait]: Number(input.value) }));
  const node = h("div", { class: "cf-slider" }, h("label", { for: input.id }, label), value, input);
  const draw = (now, held) => {
    put(input, { max: limit(now) });
    if (Number(input.value) !== held) input.value = held;
    value.textContent = String(held);
  };
  return { node, draw };
}

export function controls(frame) {
  const { id, model, change, listen } = frame;
  const blockQ = slider(frame, "block_q", "Queries in a tile", 1, ({ most }) => most);
  const blockK = slider(frame, "block_k", "Keys in a tile", 1, ({ most }) => most);
  const step = slider(frame, "step", "Tiles done", 0, ({ tiles }) => tiles.length);
  const mask = h("input", { type: "checkbox", id: `${id}-causal` });
  listen(mask, "change", () => change({ causal: mask.checked }));
  const [back, next] = [["Back", -1], ["Next tile", 1]].map(([label, by]) => {
    const button = h("button", { type: "button" }, label);
    listen(button, "click", () => change({ step: now.step + by }));
    return button;
  });
  const node = h("div", { class: "cft-controls" }, h("div", { class: "cf-sliders cft-sliders" }, blockQ.node, blockK.node, step.node),
    h("div", { class: "cft-buttons" }, back, next, h("label", { class: "cft-mask" }, mask, " Causal: no query sees a later key")));
  let now;
  const draw = (seen) => {
    now = seen;
    blockQ.draw(now, now.blockQ);
    blockK.draw(now, now.blockK);
    step.draw(now, now.step);
    mask.checked = model.get("causal");
    put(back, { disabled: now.step === 0 });
    put(next, { disabled: now.step === now.tiles.length });
  };
  return { node, draw };
}
