// The RoPE dial: arrows turn with their positions, and the score is computed here from the turned arrows.
import { figure, h } from "./base.js";
import { lookAt } from "./rope/arithmetic.js";
import { choices, sliders } from "./rope/controls.js";
import { curve } from "./rope/curve.js";
import { dials } from "./rope/dials.js";
import { ropeInWords, ropeTables } from "./rope/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const parts = [choices, sliders, dials, curve].map((make) => make(frame));
  const [vectors, places, circles, line] = parts;
  body.append(vectors.node, places.node, circles.node, h("div", { class: "cfr-said" }, said), line.node);

  let now;
  return {
    draw() {
      now = lookAt(model);
      for (const part of parts) part.draw(now);
    },
    summary: () => ropeInWords(now),
    tables: () => ropeTables(now),
  };
});
