// The residual stream of one word of a text, part by part, from the readings of the chapter's decoder.
import { figure, h } from "./base.js";
import { lookAt, readTexts } from "./residual/arithmetic.js";
import { sentence, switches, textPicker } from "./residual/choices.js";
import { outcome, stream } from "./residual/stream.js";
import { inTables, placeInWords } from "./residual/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const texts = readTexts(model);
  const parts = [textPicker, sentence, switches, outcome, stream].map((make) => make(frame, texts));
  const [picker, words, off, out, rows] = parts.map(({ node }) => node);
  body.append(picker, words, off, h("div", { class: "cfs-said" }, said), out, rows);

  let now;
  return {
    draw() {
      now = lookAt(model, texts);
      for (const part of parts) part.draw(now);
    },
    summary: () => placeInWords(now),
    tables: () => inTables(now),
  };
});
