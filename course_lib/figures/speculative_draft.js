// Accept and reject: words are drafted, judged and counted here, from the probabilities of two models.
import { figure, h } from "./base.js";
import { lookAt } from "./draft/arithmetic.js";
import { bars } from "./draft/bars.js";
import { choices, sliders } from "./draft/controls.js";
import { draftInTables, draftInWords } from "./draft/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const parts = [choices, sliders, bars].map((make) => make(frame));
  const [top, places, picture] = parts;
  body.append(top.node, places.node, picture.node, h("div", { class: "cfs-said" }, said));

  let now;
  return {
    draw() {
      now = lookAt(model);
      for (const part of parts) part.draw(now);
    },
    summary: () => draftInWords(now),
    tables: () => draftInTables(now),
  };
});
