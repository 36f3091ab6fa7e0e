// How many parameters a Transformer has, part by part, for shapes of public models and for the reader's own.
import { figure } from "./base.js";
import { measure } from "./parameters/arithmetic.js";
import { controls } from "./parameters/controls.js";
import { bars, operations, tiles } from "./parameters/panels.js";
import { inTables, inWords } from "./parameters/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const parts = [controls, tiles, bars, operations].map((make) => make(frame));
  const [choices, sizes, list, flops] = parts.map(({ node }) => node);
  body.append(choices, sizes, list, said, flops);

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
