// The step in four lines: what the policy saw, what it thought, what it called, and what came of it.
import { h, put } from "../base.js";
import { sight } from "./words.js";

const NAMES = { result: "Result", error: "Error", refused: "Refused" };

/** The name and the text of each line. */
function lines(now) {
  const { at, isEnd, step, run, hasAnswer, wanted } = now;
  const sees = ["It sees", at ? sight(now) : "nothing yet"];
  if (!at) return [sees, ["Thought", "–"], ["Call", "–"], ["Result", "–"]];
  if (step) return [sees, ["Thought", step.thought || "–"], ["Call", step.call], [NAMES[step.kind], step.text]];
  const ends = hasAnswer ? "it answered" : "no call is left, and it wanted another";
  return [sees, ["Answer", run.answer ?? "none"], ["It ends", ends], ["The task", run.is_done ? "done" : `not done: ${wanted}`]];
}

export function card() {
  const rows = Array.from({ length: 4 }, (_, i) => ({ name: h("dt"), text: h("dd", { "data-line": i }) }));
  const title = h("p", { class: "cfx-step" });
  const list = h("dl", {}, ...rows.map(({ name, text }) => h("div", {}, name, text)));
  const node = h("div", { class: "cfx-card" }, title, list);

  function draw(now) {
    title.textContent = now.isEnd ? "The end" : now.at ? `Step ${now.at}` : "The start";
    put(node, { "data-kind": now.step?.kind ?? (now.isEnd && (now.run.is_done ? "done" : "failed")) });
    lines(now).forEach(([name, text], i) => {
      rows[i].name.textContent = name;
      rows[i].text.textContent = text;
    });
  }
  return { node, draw };
}
