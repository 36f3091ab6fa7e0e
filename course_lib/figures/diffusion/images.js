// Two images of squares: what the model sees, and what it takes the image for.
import { exact, h, put, s } from "../base.js";

function image({ model }, kind, caption) {
  const side = Math.round(Math.sqrt(model.get("start").length));
  const squares = model.get("start").map((_, at) =>
    s("rect", { x: at % side, y: Math.floor(at / side), width: 1, height: 1 }));
  const picture = s("svg", { viewBox: `0 0 ${side} ${side}`, "data-kind": kind, "aria-hidden": "true" }, ...squares);
  const node = h("figure", { class: "cfd-image" }, picture, h("figcaption", {}, caption));
  const draw = (pixels) => squares.forEach((square, at) => {
    const ink = Math.min(1, Math.max(0, (pixels[at] + 1) / 2));
    put(square, { "fill-opacity": ink.toFixed(3), "data-value": exact(pixels[at]) });
  });
  return { node, draw };
}

export function images(frame) {
  const seen = image(frame, "canvas", "what the model sees");
  const taken = image(frame, "guess", "what it takes the image for");
  const node = h("div", { class: "cfd-images" }, seen.node, taken.node);
  const draw = ({ canvas, guess }) => {
    seen.draw(canvas);
    taken.draw(guess);
  };
  return { node, draw };
}
