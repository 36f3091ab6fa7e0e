// The sampling playground: temperature, filters and draws are computed here from the logits.
import { figure, h } from "./base.js";
import { lookAtPrompt, readLogits, SETTINGS } from "./playground/arithmetic.js";
import { drawing, measures, promptPicker } from "./playground/controls.js";
import { skyline, tokenList } from "./playground/pictures.js";
import { playgroundInWords, playgroundTables } from "./playground/words.js";
import { sliders } from "./sampling/sliders.js";

export default figure((frame) => {
  const { model, body, said, redraw } = frame;
  const logits = readLogits(model);
  const view = {
    pointed: -1, // the column under the pointer
    point(column) {
      view.pointed = column;
      redraw();
    },
  };
  const [prompt, sky, numbers, draws, list] =
    [promptPicker, skyline, measures, drawing, tokenList].map((make) => make(frame, view));
  const knobs = sliders(frame, SETTINGS);
  body.append(prompt.node, sky.node, sky.readout, said, numbers.node,
    h("div", { class: "cfp-columns" }, h("div", {}, knobs.node, draws.node), list.node));

  let now;
  return {
    draw() {
      now = lookAtPrompt(model, logits);
      for (const part of [prompt, sky, numbers, draws, list]) part.draw(now);
      knobs.draw(now.settings, Math.min(now.tokens.length, now.shown + 1));
    },
    summary: () => playgroundInWords(now),
    tables: () => playgroundTables(now),
  };
});
