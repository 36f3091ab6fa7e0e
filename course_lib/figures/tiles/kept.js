// What is kept of each query: maximum, sum and mixture, and the result when all keys have been seen.
import { exact, fixed, h, put } from "../base.js";
import { resultOf } from "./arithmetic.js";

export function kept({ model }) {
  const length = model.get("most");
  const rows = Array.from({ length }, (_, i) => {
    const cells = ["max", "sum", "mixture", "result"].map((name) => h("td", { "data-number": name }));
    return { cells, node: h("tr", { "data-row": i }, h("th", { scope: "row" }, String(i + 1)), ...cells) };
  });
  const head = ["query", "maximum", "sum", "mixture", "result"].map((name) => h("th", { scope: "col" }, name));
  const node = h("div", { class: "cft-kept", role: "group", tabindex: 0, "aria-label": "What is kept of each query" }, h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows.map((row) => row.node))));

  function draw({ rows: states, here, isReady, tiles, step }) {
    rows.forEach(({ cells, node: line }, i) => {
      const state = states[i];
      const held = here !== null && i >= here.queries[0] && i < here.queries[1];
      const begun = state.sum > 0;
      const over = begun && (!held || isReady);
      const list = (numbers) => numbers.map((part) => fixed(part)).join(", ");
      const shown = [held ? fixed(state.max) : "", held ? fixed(state.sum) : "", held ? list(state.mixture) : "", over ? list(resultOf(state)) : ""];
      put(line, { "data-held": held, "data-shrunk": held && state.shrink < 1 });
      cells.forEach((cell, at) => (cell.textContent = shown[at]));
      put(cells[1], { "data-value": held ? exact(state.sum) : null });
    });
    put(node, { "data-done": step === tiles.length });
  }
  return { node, draw };
}
