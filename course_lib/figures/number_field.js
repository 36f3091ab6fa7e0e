// A number to drag and to type, beside each other; what does not fit is said and changes nothing.
import { h, put } from "./base.js";

/** A field for typing. `limits()` gives the smallest and the largest that fits, `fault()` says so. */
export function typed({ id, listen }, { name, label, limits, fault, read, write, show = String, whole = false }) {
  const input = h("input", { type: "number", id: `${id}-${name}`, step: whole ? 1 : "any", inputmode: whole ? "numeric" : "decimal", "aria-describedby": `${id}-${name}-fault` });
  const said = h("span", { class: "cf-fault", id: `${id}-${name}-fault`, role: "alert" });
  function mark(wrong) {
    put(input, { "aria-invalid": wrong ? "true" : null });
    said.textContent = wrong ? fault() : "";
  }
  function draw() {
    const [min, max] = limits();
    put(input, { min, max });
    if (document.activeElement !== input) input.value = show(read()); // not under the reader's fingers
  }
  listen(input, "input", () => {
    const [value, [low, high]] = [Number(input.value), limits()];
    const fits = input.value !== "" && (!whole || Number.isInteger(value)) && value >= low && value <= high;
    mark(!fits);
    if (fits) write(value);
  });
  listen(input, "blur", () => { mark(false); input.value = show(read()); });
  return { input, said, label: h("label", { for: input.id }, label), draw };
}

/** A field with a slider below it. `from` turns one of its `places` into a value, `at` a value into a place. */
export function dragged(frame, settings) {
  const { name, label, places, at, from, say, read, write } = settings;
  const field = typed(frame, settings);
  const slider = h("input", { type: "range", min: 0, max: places, step: 1, "aria-label": label });
  frame.listen(slider, "input", () => write(from(Number(slider.value))));
  const node = h("div", { class: "cf-drag", "data-name": name }, field.label, field.input, slider, field.said);
  function draw() {
    field.draw();
    const value = read();
    slider.value = at(value);
    put(slider, { "aria-valuetext": say(value) });
  }
  return { node, draw, disable: (off) => [slider, field.input].forEach((each) => put(each, { disabled: off })) };
}
