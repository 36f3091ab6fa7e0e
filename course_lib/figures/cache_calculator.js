// How large the cache of keys and values gets, for shapes of public models.
import { figure, h } from "./base.js";
import { measure } from "./calculator/arithmetic.js";
import { chart } from "./calculator/chart.js";
import { shape } from "./calculator/controls.js";
import { dragged, stepsUpTo } from "./calculator/fields.js";
import { card, speed, sum, tiles } from "./calculator/panels.js";
import { inTables, inWords } from "./calculator/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const { batch_size: [, mostSequences], seq_len: [, longest] } = model.get("limits");
  const contexts = stepsUpTo(128, longest);
  const parts = {
    shape: shape(frame),
    batch: dragged(frame, "batch_size", "Sequences at a time (batch)", "sequence", stepsUpTo(1, mostSequences)),
    context: dragged(frame, "seq_len", "Context, tokens a sequence", "token", contexts),
    tiles: tiles(),
    chart: chart(frame, contexts),
    sum: sum(),
    card: card(frame),
    speed: speed(frame),
  };
  const node = (name) => parts[name].node;
  body.append(node("shape"),
    h("div", { class: "kv-drags" }, node("batch"), node("context")),
    node("tiles"), node("chart"), said, node("sum"),
    h("div", { class: "kv-machine" }, node("card"), node("speed")),
    h("p", { class: "kv-note" }, "1 GB is 10⁹ bytes. Not counted: activations, the scales that int8 and int4 need, what a framework keeps for itself. A full window is taken as exactly its width."));

  let now;
  return {
    draw() {
      now = measure(model);
      for (const part of Object.values(parts)) part.draw(now);
    },
    summary: () => inWords(now),
    tables: () => inTables(now),
  };
});
