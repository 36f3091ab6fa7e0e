// Diffusion on a slider: the canvas is worked out here, from the noise and the guesses of a trained model.
import { figure, h } from "./base.js";
import { lookAt } from "./diffusion/arithmetic.js";
import { choices, stepper } from "./diffusion/controls.js";
import { images } from "./diffusion/images.js";
import { diffusionInTables, diffusionInWords } from "./diffusion/words.js";

export default figure((frame) => {
  const { model, body, said } = frame;
  const parts = [choices, stepper, images].map((make) => make(frame));
  const [top, slider, pictures] = parts;
  body.append(top.node, h("div", { class: "cf-sliders cfd-sliders" }, slider.node), pictures.node, h("div", { class: "cfd-said" }, said));

  let now;
  return {
    draw() {
      now = lookAt(model);
      for (const part of parts) part.draw(now);
    },
    summary: () => diffusionInWords(now),
    tables: () => diffusionInTables(now),
  };
});
