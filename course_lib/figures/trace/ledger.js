// What is left of the budget as squares, and a line for each call: forgotten, seen, or made just now.
import { h, put } from "../base.js";

const MARKS = { result: "→", error: "error:", refused: "refused:" };

export function ledger({ model }) {
  const most = model.get("places")[0].length - 1;
  const squares = Array.from({ length: most }, () => h("i"));
  const left = h("b");
  const budget = h("p", { class: "cfx-budget" }, h("span", { "aria-hidden": "true" }, ...squares), left);
  const rows = Array.from({ length: most }, () => {
    const [state, text] = [h("span", { class: "cfx-state" }), h("span", { class: "cfx-text" })];
    return { state, text, node: h("li", {}, state, text) };
  });
  const node = h("div", { class: "cfx-ledger" }, budget,
    h("p", { class: "cfx-name" }, "The trace so far, and what of it the policy saw when it decided"), h("ol", {}, ...rows.map((row) => row.node)));

  function draw({ nCalls, nLeft, nSpent, run, stateOf }) {
    left.textContent = `${nLeft} of ${nCalls} calls left`;
    squares.forEach((square, i) => {
      const kind = i < nSpent ? run.steps[i].kind : i < nCalls ? "left" : "none";
      put(square, { "data-kind": kind });
    });
    rows.forEach(({ state, text, node: line }, i) => {
      const is = stateOf(i);
      const step = is === "to come" ? null : run.steps[i];
      put(line, { "data-state": is });
      state.textContent = step ? (is === "now" ? "just now" : is) : "";
      text.textContent = step ? `${step.call} ${MARKS[step.kind]} ${step.text}` : "";
    });
  }
  return { node, draw };
}
