// What the reader presses and types: the beginning, the buttons, the pace, the seed and the head.
import { h, put } from "../base.js";
import { faultOf, splitText } from "./tokens.js";
import { looksInWords } from "./words.js";

const labelled = (words, control) => [h("label", { for: control.id }, words), control];

/** The field for the beginning; what is no beginning is answered below it and changes nothing. */
export function beginningField({ id, model, listen }, writer) {
  const words = model.get("words");
  const known = words.filter((_, i) => i !== model.get("end"));
  const input = h("input", { type: "text", id: `${id}-begin`, autocomplete: "off", autocapitalize: "none", spellcheck: "false", enterkeyhint: "go", "aria-describedby": `${id}-fault` });
  const fault = h("p", { class: "cfw-fault", id: `${id}-fault`, role: "alert" });
  const use = h("button", { type: "submit" }, "Use it");
  const form = h("form", { class: "cfw-begin" }, ...labelled("Beginning", input), use, fault);
  const node = h("div", {}, form, h("details", { class: "cf-fold cfw-known" },
    h("summary", {}, "The words that it knows"), h("p", {}, known.join(" "))));
  const judge = () => {
    const said = faultOf(input.value, known, model.get("max_seq_len"));
    put(input, { "aria-invalid": said ? "true" : null });
    fault.textContent = said;
    return !said;
  };
  listen(form, "submit", (event) => {
    event.preventDefault();
    if (!judge()) return;
    writer.restart({ beginning: splitText(input.value).join(" ") });
    input.value = model.get("beginning");
  });
  listen(input, "input", () => input.hasAttribute("aria-invalid") && judge());
  let shown;
  const draw = ({ beginning }) => {
    const text = beginning.join(" ");
    if (text !== shown) input.value = shown = text; // what is being typed is left alone
  };
  return { node, draw };
}

const PACES = { 0: "as fast as it can", 8: "8 words a second", 2: "2 words a second" };

/** One word, a whole story, back, and from the beginning; the pace of a story. */
export function writingButtons({ id, model, change, listen }, writer) {
  const button = (name, act) => {
    const node = h("button", { type: "button" }, name);
    listen(node, "click", () => node.ariaDisabled !== "true" && act());
    return node;
  };
  const one = button("One word", writer.writeOne);
  const story = button("Write a story", writer.toggle);
  const undo = button("Undo", writer.undo);
  const again = button("Start again", () => writer.restart());
  const pace = h("select", { id: `${id}-pace` }, ...Object.entries(PACES).map(([value, name]) => h("option", { value }, name)));
  listen(pace, "change", () => change({ pace: Number(pace.value) }));
  const node = h("div", { class: "cfw-buttons" }, h("div", { role: "group", "aria-label": "Write" }, one, story, undo, again),
    h("span", {}, ...labelled("Pace", pace)));
  const draw = ({ isOver, written }) => {
    // Not `disabled`: a button that is would lose the keyboard's place.
    put(one, { "aria-disabled": String(isOver || writer.isRunning()) });
    for (const each of [undo, again]) put(each, { "aria-disabled": String(!written.length) });
    story.textContent = writer.isRunning() ? "Pause" : isOver ? "Another story" : "Write a story";
    pace.value = model.get("pace");
  };
  return { node, draw };
}

/** The seed that the drawn words depend on. */
export function seedField({ id, model, change, listen }) {
  const [min, max] = model.get("ranges").seed;
  const seed = h("input", { type: "number", id: `${id}-seed`, min, max, inputmode: "numeric" });
  listen(seed, "input", () => {
    put(seed, { "aria-invalid": !seed.value || !seed.validity.valid });
    if (!seed.hasAttribute("aria-invalid")) change({ seed: seed.valueAsNumber });
  });
  const node = h("div", { class: "cfw-seed" }, ...labelled("Seed", seed),
    h("span", { class: "cf-help" }, "same beginning, seed and settings: same words"));
  const draw = ({ seed: now }) => {
    if (seed.valueAsNumber === now || document.activeElement === seed) return;
    seed.value = now;
    put(seed, { "aria-invalid": false });
  };
  return { node, draw };
}

/** Which head's weights are shown, and in words where the chosen word looks. */
export function headPicker({ id, model, change, listen }) {
  const select = h("select", { id: `${id}-head` }, ...model.get("head_labels").map((label, i) => h("option", { value: i }, label)));
  listen(select, "change", () => change({ head: Number(select.value) }));
  const words = h("p", {});
  const node = h("div", { class: "cfw-head" }, ...labelled("Attention of", select), words);
  const draw = (now) => {
    select.value = now.head;
    if (now.looks) words.textContent = looksInWords(now);
  };
  return { node, draw };
}
