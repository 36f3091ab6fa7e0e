// All heads of a small causal model over a text, one of them large, from the data of the chapter.
import { figure, h } from "./base.js";
import { lookAt, readTexts } from "./head_grid/arithmetic.js";
import { heads, textPicker } from "./head_grid/heads.js";
import { map } from "./head_grid/map.js";
import { measureTable } from "./head_grid/measures.js";
import { sentence } from "./head_grid/sentence.js";
import { gridTables, longName, placeInWords } from "./head_grid/words.js";

export default figure((frame) => {
  const { model, body, said, redraw } = frame;
  const data = { texts: readTexts(model), nLayers: model.get("n_layers"), nHeads: model.get("n_heads") };
  const view = {
    hover: null, // the place under the mouse
    point(place) {
      view.hover = place;
      redraw();
    },
  };
  const [texts, grid, words, picture, measures] = [textPicker, heads, sentence, map, measureTable].map((make) => make(frame, data, view));
  const heading = h("p", { class: "cfg-heading" });
  body.append(
    texts.node, grid.node, heading, words.node, h("div", { class: "cfg-said" }, said),
    h("div", { class: "cfg-columns" }, picture.node, measures.node));

  let now;
  return {
    draw() {
      now = lookAt(model, data, view.hover);
      heading.textContent = `${longName(now.head, data.nHeads)}: choose the word that looks`;
      for (const part of [texts, grid, words, picture, measures]) part.draw(now);
    },
    summary: () => `${longName(now.head, data.nHeads)}. ${placeInWords(now.text, now.weights[now.peek], now.peek)}`,
    tables: () => gridTables(now, data),
  };
});
