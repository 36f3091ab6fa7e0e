// What the figure draws: the text, shaded by where a word looks; the map of all words; the next words.
import { exact, h, put } from "../base.js";
import { probabilityText } from "../sampling/words.js";

/** The text, one button a word: press one to see where it looks. The darker a word, the more it is looked at. */
export function storyText({ change, listen }) {
  const buttons = [];
  const end = h("span", { class: "cfw-end" }, "the end");
  const words = h("div", { class: "cfw-words", role: "radiogroup", "aria-label": "Text so far: the word that looks" });
  const node = h("div", { class: "cfw-text" }, words);
  let length = 0;

  function buttonOf(i) {
    if (!buttons[i]) {
      buttons[i] = h("button", { type: "button", role: "radio" });
      listen(buttons[i], "click", () => change({ looking: i }));
    }
    return buttons[i];
  }
  listen(words, "keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const target = step ? (buttons.indexOf(event.target) + step + length) % length : { Home: 0, End: length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    change({ looking: target });
    buttons[target].focus();
  });

  function draw({ text, beginning, isEnded, looking, looks }) {
    const isLonger = text.length !== length;
    length = text.length;
    text.forEach((word, i) => {
      const button = buttonOf(i);
      button.textContent = word;
      button.style.setProperty("--cfw-share", looks?.[i] ?? 0);
      put(button, { "aria-checked": String(i === looking), tabindex: i === looking ? 0 : -1,
        "data-written": i >= beginning.length, "data-share": looks && i in looks ? exact(looks[i]) : null });
    });
    if (isLonger || end.isConnected !== isEnded) {
      words.replaceChildren(...buttons.slice(0, length));
      if (isEnded) words.append(end);
      node.scrollTop = node.scrollHeight;
    }
  }
  return { node, draw };
}

const [LARGEST_CELL, LARGEST_MAP] = [18, 300]; // pixels

/** One row a word that looks, one column a word it looks at. */
export function attentionMap({ id }) {
  const picture = h("canvas", { role: "img", "aria-labelledby": `${id}-map` });
  const node = h("div", { class: "cfw-map" }, picture, h("p", { id: `${id}-map`, class: "cf-help" },
    "Where all words look: a row for each word that looks, a column for each that it looks at."));
  const draw = ({ rows, head, looking, text }) => {
    const n = text.length;
    const side = Math.min(LARGEST_CELL * n, LARGEST_MAP, node.clientWidth);
    const scale = devicePixelRatio;
    put(picture, { width: side * scale, height: side * scale, style: `width: ${side}px` });
    const pen = picture.getContext("2d");
    const { color, outlineColor } = getComputedStyle(picture);
    pen.scale((side * scale) / n, (side * scale) / n);
    rows.forEach((row, i) => row[head].forEach((weight, j) => {
      pen.fillStyle = i === looking ? outlineColor : color;
      pen.globalAlpha = 0.06 + 0.94 * weight;
      pen.fillRect(j, i, 0.92, 0.92);
    }));
  };
  return { node, draw };
}

/** A row of the list: bars, and numbers or the rule that cut the word. Many words together have no bars. */
function listRow(name, hasBars = true) {
  const [raw, now] = Array.from("12", () => h("td", {}));
  const [before, after] = ["cfw-raw", "cfw-now"].map((kind) => h("i", { class: kind }));
  const bars = h("td", { class: "cfw-bars", "aria-hidden": "true" }, before, after);
  const node = h("tr", {}, h("th", { scope: "row", colspan: hasBars ? 1 : 2 }, name), ...(hasBars ? [bars] : []), raw, now);
  const draw = (p, q, cut = "") => {
    put(node, { "data-raw": exact(p), "data-now": exact(q), "data-cut": cut || null });
    raw.textContent = probabilityText(p);
    now.textContent = cut || probabilityText(q);
    before.style.width = `${100 * p}%`;
    after.style.width = `${100 * q}%`;
  };
  return { name, node, draw };
}

/** The next words by falling probability; pressing one writes it. */
export function nextWords({ listen }, writer, n) {
  const shown = [];
  const rows = Array.from({ length: n }, (_, rank) => {
    const button = h("button", { type: "button" });
    listen(button, "click", () => shown[rank] !== undefined && writer.write(shown[rank]));
    return listRow(button);
  });
  const others = listRow(h("span", {}), false);
  const heads = ["next word", "bars", "raw", "now"].map((name) => h("th", { scope: "col" }, h("span", { class: name === "bars" && "cf-hidden" }, name)));
  const node = h("div", { class: "cfw-next" }, h("table", {}, h("caption", {}, "Press a word to write it"),
    h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows.map((row) => row.node), others.node)));
  const draw = ({ words, raw, probs, cutBy, others: rest, isOver, shown: now }) => {
    rows.forEach((row, rank) => {
      const i = now[rank];
      shown[rank] = isOver ? undefined : i;
      row.node.hidden = i === undefined;
      if (i === undefined) return;
      row.draw(raw[i], probs[i], cutBy[i]);
      row.name.textContent = words[i];
      put(row.name, { "aria-label": `write ${words[i]}`, "aria-disabled": String(isOver) });
    });
    others.node.hidden = !rest.n;
    others.draw(rest.raw, rest.probs);
    others.name.textContent = `${rest.n} others, ${rest.nKept} kept`;
  };
  return { node, draw };
}
