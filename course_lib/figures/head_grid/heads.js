// A choice of texts, and of heads: one small picture each, layers as rows.
import { fixed, h, put } from "../base.js";
import { largest, shade } from "./arithmetic.js";
import { longName, scoreInWords, shortName } from "./words.js";

const SHORT = { previous: "prev.", first: "first", induction: "ind." }; // where there is no room

/** A choice of texts. */
export function textPicker({ id, change, listen, model }, { texts }) {
  const inputs = texts.map(() => h("input", { type: "radio", name: `${id}-text`, class: "cf-hidden" }));
  inputs.forEach((input, index) => listen(input, "change", () =>
    change({ text: index, place: Math.min(model.get("place"), texts[index].n - 1) })));
  const note = h("p", { class: "cfg-caption" });
  const node = h("div", {},
    h("fieldset", { class: "cfg-texts", hidden: texts.length < 2 }, h("legend", {}, "Text"),
      ...inputs.map((input, index) => h("label", {}, input, texts[index].label))), note);
  const draw = ({ index, text }) => {
    inputs.forEach((input, i) => (input.checked = i === index));
    note.textContent = `Read by ${text.model}. In each picture a row is a word that looks, from the first at the top to the last; a column is a word looked at.`;
  };
  return { node, draw };
}

/** The grid: arrow keys go along layers and heads. */
export function heads({ change, listen }, { texts, nLayers, nHeads }, view) {
  const n = nLayers * nHeads;
  const rows = ["previous", "first", "induction", "related"];
  const chips = Array.from({ length: n }, (_, head) => {
    const picture = h("canvas", { "aria-hidden": "true" });
    const scores = rows.map((name) => ({ name, value: h("span", {}), node: null }));
    for (const each of scores) {
      each.node = h("span", { class: "cfg-score" },
        h("span", {}, h("span", { class: "cfg-long" }, each.name), h("span", { class: "cfg-short", "aria-hidden": "true" }, SHORT[each.name] ?? "rel.")), " ", each.value);
    }
    const button = h("button", { type: "button", role: "radio", "data-head": shortName(head, nHeads) },
      h("b", { "aria-hidden": "true" }, shortName(head, nHeads)), h("span", { class: "cf-hidden" }, longName(head, nHeads)),
      picture, ...scores.map((each) => each.node));
    listen(button, "click", () => choose(head));
    listen(button, "keydown", (event) => {
      const target = { ArrowRight: head + 1, ArrowLeft: head - 1, ArrowDown: head + nHeads, ArrowUp: head - nHeads, Home: 0, End: n - 1 }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      const to = (target + n) % n;
      choose(to);
      chips[to].button.focus();
    });
    return { button, picture, scores };
  });
  const node = h("div", { class: "cfg-grid", role: "radiogroup", "aria-label": "Head, by layer" },
    ...Array.from({ length: nLayers }, (_, layer) => h("div", { role: "presentation" },
      h("p", { class: "cfg-caption", "aria-hidden": "true" }, `Layer ${layer + 1}`),
      h("div", { class: "cfg-row", role: "presentation", style: `--cfg-heads:${nHeads}` }, ...chips.slice(layer * nHeads, (layer + 1) * nHeads).map(({ button }) => button)))));
  const legend = h("p", { class: "cfg-caption", "aria-hidden": "true" });

  function choose(head) {
    view.hover = null;
    change({ head });
  }

  let painted = "";

  /** Each weight is one square. Pictures change with the text and the colours alone. */
  function paintAll(index, tables) {
    const wanted = `${index} ${getComputedStyle(chips[0].picture).color}`;
    if (painted !== wanted) chips.forEach(({ picture }, head) => paint(picture, tables[head]));
    painted = wanted;
  }

  function paint(picture, table) {
    picture.width = picture.height = table.length; // empties it
    const pen = picture.getContext("2d");
    pen.fillStyle = getComputedStyle(picture).color;
    table.forEach((row, i) => row.slice(0, i + 1).forEach((weight, j) => {
      pen.globalAlpha = shade(weight);
      pen.fillRect(j, i, 1, 1);
    }));
  }

  function draw({ index, text: { tables, numbers: { parts, nPairs, found } }, head: chosen }) {
    paintAll(index, tables);
    const best = [...parts.map(({ scores, even }) => (Number.isNaN(even) ? -1 : largest(scores))), Math.max(...found) ? largest(found) : -1];
    chips.forEach(({ button, scores }, head) => {
      put(button, { "aria-checked": String(head === chosen), tabindex: head === chosen ? 0 : -1 });
      scores.forEach(({ node: line, value }, k) => {
        value.textContent = k < parts.length ? scoreInWords(parts[k].scores[head]) : nPairs ? `${found[head]}/${nPairs}` : "–";
        put(line, { "data-best": best[k] === head });
      });
    });
    legend.textContent = `Mean weight on the previous word, on the first, and (induction) on the word after the last copy of this one; related: pairs of related words that the largest weight finds. Largest of the ${n} in bold.`;
  }
  return { node: h("div", {}, node, legend), draw };
}
