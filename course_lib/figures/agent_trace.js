// An agent's trace: recorded runs are chosen by budget and memory here, and gone through step by step.
import { figure, h } from "./base.js";
import { card } from "./trace/card.js";
import { choices, sliders } from "./trace/controls.js";
import { ledger } from "./trace/ledger.js";
import { lookAt } from "./trace/moments.js";
import { traceInTables, traceInWords } from "./trace/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const parts = [choices, sliders, card, ledger].map((make) => make(frame));
  body.append(...parts.map((part) => part.node), h("div", { class: "cfx-said" }, said));

  let now;
  return {
    draw() {
      now = lookAt(model);
      for (const part of parts) part.draw(now);
    },
    summary: () => traceInWords(now),
    tables: () => traceInTables(now),
  };
});
