// What the reader chooses: a text, what is switched off, and the word whose stream is shown.
import { fixed, h, put } from "../base.js";

/** Buttons of which one holds. */
function chips({ id, listen }, name, legend, labels, act) {
  const inputs = labels.map(() => h("input", { type: "radio", name: `${id}-${name}`, class: "cf-hidden" }));
  inputs.forEach((input, index) => listen(input, "change", () => act(index)));
  const node = h("fieldset", { class: "cfs-chips" }, h("legend", {}, legend),
    ...inputs.map((input, index) => h("label", {}, input, labels[index])));
  return { node, draw: (chosen) => inputs.forEach((input, i) => (input.checked = i === chosen)) };
}

/** A choice of texts. */
export function textPicker(frame, texts) {
  const { model, change } = frame;
  const picker = chips(frame, "text", "Text", texts.map(({ label }) => label), (index) =>
    change({ text: index, place: Math.min(model.get("place"), texts[index].words.length - 1) }));
  picker.node.hidden = texts.length < 2;
  const note = h("p", { class: "cfs-caption" });
  const draw = ({ index, text }) => {
    picker.draw(index);
    note.textContent = `Read by ${text.model}. Below each word: the probability that comes out for the word that follows it.`;
  };
  return { node: h("div", {}, picker.node, note), draw };
}

/** What is switched off. */
export function switches(frame) {
  const names = frame.model.get("cases").map(({ name }) => name);
  const picker = chips(frame, "off", "Switched off", names, (off) => frame.change({ off }));
  return { node: picker.node, draw: ({ off }) => picker.draw(off) };
}

/** The text: a button for each word, and below it how well the next word is foretold, now and with all parts on. */
export function sentence({ change, listen }) {
  const node = h("div", { class: "cfs-words", role: "radiogroup", "aria-label": "Word whose stream is shown" });
  let made = -1;
  let items = [];

  function make(index, words) {
    made = index;
    items = words.map((word, place) => {
      const button = h("button", { type: "button", role: "radio" }, word, h("span", { class: "cf-hidden" }, `, word ${place + 1}`));
      const [bar, past, share] = [h("i", {}), h("b", {}), h("span", { class: "cfs-share" })];
      listen(button, "click", () => change({ place }));
      listen(button, "keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        const target = step ? (place + step + words.length) % words.length : { Home: 0, End: words.length - 1 }[event.key];
        if (target === undefined) return;
        event.preventDefault();
        change({ place: target });
        items[target].button.focus();
      });
      return { button, bar, past, share, node: h("div", { class: "cfs-word" }, button, h("span", { class: "cfs-gauge", "aria-hidden": "true" }, bar, past), share) };
    });
    node.replaceChildren(...items.map((item) => item.node));
  }

  function draw({ index, text: { words }, place, shares, sharesBefore, off }) {
    if (made !== index) make(index, words);
    items.forEach(({ button, bar, past, share, node: item }, at) => {
      const isLast = at === words.length - 1;
      put(button, { "aria-checked": String(at === place), tabindex: at === place ? 0 : -1 });
      put(item, { "data-last": isLast });
      bar.style.width = `${100 * shares[at]}%`;
      past.style.left = `${100 * sharesBefore[at]}%`;
      past.hidden = !off;
      share.textContent = isLast ? "" : fixed(shares[at]);
    });
  }
  return { node, draw };
}
