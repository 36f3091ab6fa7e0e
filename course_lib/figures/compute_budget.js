// The compute budget: a law of size and data, a budget and a size to drag, and what the size costs.
import { figure, h } from "./base.js";
import { measure } from "./budget/arithmetic.js";
import { chart } from "./budget/chart.js";
import { budget, law, machine, size } from "./budget/controls.js";
import { models, splits } from "./budget/panels.js";
import { inTables, inWords } from "./budget/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const parts = [law, budget, size, splits, chart, models, machine].map((make) => make(frame));
  const [laws, money, chosen, table, drawing, points, time] = parts.map(({ node }) => node);
  body.append(laws, h("div", { class: "cfb-drags" }, money, chosen), table, drawing, said, points, time,
    h("p", { class: "cfb-note" }, "C = 6 N D: six operations for each parameter and token. The losses are what the law says, not what was measured; it was fitted to other text and other models than most of these."));

  let now;
  return {
    draw() {
      now = measure(model);
      for (const part of parts) part.draw(now);
    },
    summary: () => inWords(now),
    tables: () => inTables(now),
  };
});
