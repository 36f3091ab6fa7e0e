// A learning-rate schedule to shape with handles and sliders, and a second one to compare.
import { figure, h } from "./base.js";
import { chart } from "./schedule/chart.js";
import { rates, steps, which } from "./schedule/controls.js";
import { look } from "./schedule/arithmetic.js";
import { sums } from "./schedule/panels.js";
import { inTables, inWords } from "./schedule/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const parts = [which, chart, steps, rates, sums].map((make) => make(frame));
  const [choice, drawing, across, up, table] = parts.map(({ node }) => node);
  body.append(choice, drawing, h("div", { class: "cfl-drags" }, across, up), table, said);

  let now;
  return {
    draw() {
      now = look(model);
      for (const part of parts) part.draw(now);
    },
    summary: () => inWords(now),
    tables: () => inTables(now),
  };
});
