// Experts and the words that ask them: chosen, weighed and counted here, from what the routers said.
import { figure, h } from "./base.js";
import { lookAt } from "./router/arithmetic.js";
import { bars } from "./router/bars.js";
import { choices, room } from "./router/controls.js";
import { sentence } from "./router/sentence.js";
import { routerInTables, routerInWords } from "./router/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const view = { hover: null }; // the word under the mouse, which the panel shows as a choice would
  const parts = [choices, room, sentence, bars].map((make) => make(frame, view));
  body.append(...parts.map((part) => part.node), h("div", { class: "cfx-said" }, said));

  let now;
  return {
    draw() {
      now = lookAt(model);
      for (const part of parts) part.draw(now);
    },
    summary: () => routerInWords(now),
    tables: () => routerInTables(now),
  };
});
