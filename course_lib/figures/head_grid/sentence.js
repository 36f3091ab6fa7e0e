// The text: a button for each word, shaded by how much the chosen one looks at it.
import { h, put } from "../base.js";
import { shade } from "./arithmetic.js";
import { weightBelow } from "./words.js";

export function sentence({ change, listen }, { texts }, view) {
  const node = h("div", { class: "cfg-words", role: "radiogroup", "aria-label": "Word that looks" });
  let made = -1;
  let items = [];

  function choose(place) {
    view.hover = null;
    change({ place });
  }

  function make(index) {
    made = index;
    view.hover = null;
    const { words, n } = texts[index];
    items = words.map((word, place) => {
      const button = h("button", { type: "button", role: "radio" }, word, h("span", { class: "cf-hidden" }, `, word ${place + 1}`));
      const [bar, share] = [h("i", { "aria-hidden": "true" }), h("span", { class: "cfg-share" })];
      listen(button, "click", () => choose(place));
      listen(button, "pointerenter", ({ pointerType }) => pointerType === "mouse" && view.point(place));
      listen(button, "pointerleave", () => view.point(null));
      listen(button, "keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        const target = step ? (place + step + n) % n : { Home: 0, End: n - 1 }[event.key];
        if (target === undefined) return;
        event.preventDefault();
        choose(target);
        items[target].button.focus();
      });
      return { button, bar, share, node: h("div", { class: "cfg-word" }, button, bar, share) };
    });
    node.replaceChildren(...items.map((item) => item.node));
  }

  function draw({ index, place, peek, weights, related }) {
    if (made !== index) make(index);
    items.forEach(({ button, bar, share, node: item }, at) => {
      const weight = weights[peek][at];
      put(button, {
        "aria-checked": String(at === place), tabindex: at === place ? 0 : -1, "data-peek": at === peek,
        "data-related": related.some(({ target }) => target === at), "data-later": at > peek,
      });
      item.style.setProperty("--cfg-shade", shade(weight));
      share.textContent = weightBelow(weight, at > peek);
      bar.style.width = share.textContent ? `${100 * weight}%` : 0;
    });
  }
  return { node, draw };
}
