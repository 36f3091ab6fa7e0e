// What the schedule figure writes out: the rate at the step, the sum, the share of warm-up.
import { exact, h, put } from "../base.js";
import { percent, significant } from "../formats.js";
import { scientific } from "../powers.js";

const ROWS = [
  ["rate", "Rate at the step", ({ rate }) => rate, scientific],
  ["area", "Sum of all rates", ({ area }) => area, significant],
  ["ofPeak", "Of the peak at every step", ({ ofPeak }) => ofPeak, (share) => percent(share, 1)],
  ["warmupShare", "Steps in warm-up", ({ warmupShare }) => warmupShare, (share) => percent(share, 1)],
];

/** Four numbers, a column for each schedule. */
export function sums() {
  const rows = ROWS.map(([name, label, take, write]) => {
    const cells = ["A", "B"].map((schedule) => h("td", { "data-schedule": schedule, "data-number": name }));
    return { take, write, cells, node: h("tr", {}, h("th", { scope: "row" }, label), ...cells) };
  });
  const heads = ["A", "B"].map((name) => h("th", { scope: "col", "data-schedule": name }, name));
  const node = h("table", { class: "cfl-sums" }, h("thead", {}, h("tr", {}, h("td", {}), ...heads)), h("tbody", {}, ...rows.map((row) => row.node)));
  const draw = ({ shown, compared }) => {
    put(heads[1], { hidden: !compared });
    for (const { take, write, cells } of rows) {
      cells.forEach((cell, i) => {
        put(cell, { hidden: i >= shown.length, "data-value": shown[i] ? exact(take(shown[i])) : null });
        cell.textContent = shown[i] ? write(take(shown[i])) : "";
      });
    }
  };
  return { node, draw };
}
