// FlashAttention tile by tile: the tiles are worked through here, and what is kept is computed from them.
import { figure, h } from "./base.js";
import { lookAt } from "./tiles/arithmetic.js";
import { controls } from "./tiles/controls.js";
import { kept } from "./tiles/kept.js";
import { table } from "./tiles/table.js";
import { tilesInTables, tilesInWords } from "./tiles/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const parts = [controls, table, kept].map((make) => make(frame));
  const [top, squares, rows] = parts;
  body.append(top.node, h("div", { class: "cft-both" }, squares.node, rows.node), h("div", { class: "cft-said" }, said));

  let now;
  return {
    draw() {
      now = lookAt(model);
      for (const part of parts) part.draw(now);
    },
    summary: () => tilesInWords(now),
    tables: () => tilesInTables(now),
  };
});
