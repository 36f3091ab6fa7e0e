// Labels that stand beside lines and points, where they cover least.
import { put, s } from "../base.js";

const LINE = 13; // height of a line of text
const GAP = 3;
const COVERS_A_LABEL = 100; // as bad as so many points of lines

/** Put labels into a group, one after another, each at the best of some places, which `put` returns; `avoid` names points to keep free. */
export function placer(group, left, right, look = "kv-label") {
  const [points, boxes] = [[], []];
  const boxOf = ([x, y, anchor], width) => {
    const start = anchor === "end" ? x - width : x;
    return { left: start, right: start + width, top: y - LINE + 2, bottom: y + 2 };
  };
  function cost(box) {
    const covered = boxes.filter((each) => each.left < box.right + GAP && box.left < each.right + GAP && each.top < box.bottom && box.top < each.bottom);
    const touched = points.filter(([x, y]) => x > box.left - GAP && x < box.right + GAP && y > box.top - GAP && y < box.bottom + GAP);
    return COVERS_A_LABEL * (covered.length + (box.left < left || box.right > right)) + touched.length;
  }
  return {
    avoid: (some) => points.push(...some),
    put(name, words, places) {
      const text = s("text", { class: look, "data-name": name }, words);
      group.append(text);
      const options = places.map((place) => [place, boxOf(place, text.getComputedTextLength())]);
      const costs = options.map(([, box]) => cost(box));
      const [[x, y, anchor], box] = options[costs.indexOf(Math.min(...costs))];
      put(text, { x, y, "text-anchor": anchor });
      boxes.push(box);
      return [x, y, anchor];
    },
  };
}
