// The sliders of temperature and filters.
import { h, plain, put } from "../base.js";

const SLIDERS = {
  temperature: { label: "Temperature", step: 0.05, help: "below 1 sharpens, above 1 flattens; 0 takes the most probable" },
  top_k: { label: "Top-k", step: 1, off: null, help: "keep the k most probable" },
  top_p: { label: "Top-p", step: 0.01, off: 1, help: "keep the fewest that hold this share together" },
  min_p: { label: "Min-p", step: 0.01, off: 0, help: "keep those at least this share as probable as the first" },
  repetition_penalty: { label: "Repetition penalty", step: 0.05, off: 1, help: "above 1 holds back seen tokens (●); click a token in the list to mark it" },
};

/** One slider of a setting; that of top-k ends in "off". */
function sliderOf(name, { id, model, change, listen }) {
  const { label, step, off, help } = SLIDERS[name];
  const [min, max] = model.get("ranges")[name] ?? [1, 1];
  const input = h("input", { type: "range", id: `${id}-${name}`, min, max, step, "aria-describedby": `${id}-${name}-help` });
  const value = h("output", { for: `${id}-${name}`, "aria-live": "off" });
  const isLast = () => name === "top_k" && input.value === input.max;
  listen(input, "input", () => change({ [name]: isLast() ? null : Number(input.value) }));
  const node = h("div", { class: "cf-slider" }, h("label", { for: `${id}-${name}` }, label), value, input,
    h("span", { class: "cf-help", id: `${id}-${name}-help` }, help));
  const draw = (settings, mostK) => {
    const setting = settings[name];
    if (name === "top_k") input.max = mostK;
    const position = setting ?? input.max;
    if (Number(input.value) !== Number(position)) input.value = position;
    const text = setting === null ? "off" : `${plain(setting)}${setting === off ? " (off)" : ""}`;
    value.textContent = text;
    put(input, { "aria-valuetext": text });
  };
  return { node, draw };
}

/** A slider for each setting named; that of top-k goes up to `mostK`, where it is off. */
export function sliders(frame, names) {
  const all = names.map((name) => sliderOf(name, frame));
  const node = h("div", { class: "cf-sliders" }, ...all.map((slider) => slider.node));
  return { node, draw: (settings, mostK) => all.forEach((slider) => slider.draw(settings, mostK)) };
}
