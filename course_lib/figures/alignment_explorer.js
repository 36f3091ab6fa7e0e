// Where a writer looked in what it read, and recall against the gap, from the data of the chapter.
import { figure, h } from "./base.js";
import { lookAt, readExamples, readRecall } from "./alignment/arithmetic.js";
import { chart, readOff } from "./alignment/curves.js";
import { lengthPicker, matrix, strongest, strip } from "./alignment/pictures.js";
import { alignmentTables, exampleInWords, rowInWords } from "./alignment/words.js";

export default figure((frame) => {
  const { model, body, said, redraw } = frame;
  const [examples, recall] = [readExamples(model), readRecall(model)];
  const view = {
    hover: {}, // what is under the mouse: a row, a gap
    point(hover) {
      view.hover = hover;
      redraw();
    },
  };
  const [lengths, letters, table, list] = [lengthPicker, strip, matrix, strongest].map((make) => make(frame, examples, view));
  const [curves, values] = [chart, readOff].map((make) => make(frame, recall, view));
  const heading = (words) => h("p", { class: "cfa-heading" }, words);
  body.append(
    heading("Where the network looked"), lengths.node, letters.node, h("div", { class: "cfa-said" }, said),
    h("div", { class: "cfa-columns" }, table.node, list.node),
    heading("Recall against the gap"), h("div", { class: "cfa-columns cfa-recall" }, curves.node, values.node));

  let now;
  return {
    draw() {
      now = lookAt(model, examples, recall, view.hover);
      for (const part of [lengths, letters, table, list, curves, values]) part.draw(now);
    },
    summary: () => `${rowInWords(now.example, now.peek)} ${exampleInWords(now.example)}`,
    tables: () => alignmentTables(now, recall),
  };
});
