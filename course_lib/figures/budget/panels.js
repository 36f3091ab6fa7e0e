// What the compute budget writes out: the two splits, and the trainings beside them.
import { exact, fixed, h, put } from "../base.js";
import { largeCount, significant } from "../formats.js";
import { lossOf } from "./words.js";

const [DIGITS_OF_FLOPS, SAME_FLOPS] = [4, 1e-3]; // SAME_FLOPS: as near as those digits

/** The best split and the chosen one, side by side. */
export function splits() {
  const rows = [["parameters", "Parameters (N)", largeCount], ["tokens", "Tokens (D)", largeCount], ["each", "Tokens a parameter", significant], ["loss", "Loss", lossOf]]
    .map(([name, label, write]) => {
      const [best, chosen] = ["best", "chosen"].map((split) => h("td", { "data-split": split, "data-number": name }));
      return { name, write, best, chosen, node: h("tr", {}, h("th", { scope: "row" }, label), best, chosen) };
    });
  const node = h("table", { class: "cfb-splits" }, h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, "best"), h("th", { scope: "col" }, "chosen"))),
    h("tbody", {}, ...rows.map((row) => row.node)));
  const draw = (now) => rows.forEach((row) => ["best", "chosen"].forEach((split) => {
    const value = now[split][row.name];
    row[split].textContent = row.write(value).replace("\u00a0", " "); // in a narrow column the unit goes below
    put(row[split], { "data-value": exact(value) });
  }));
  return { node, draw };
}

/** A row for each training; its name takes the budget and the size. */
export function models({ model, change, listen }) {
  const rows = model.get("trainings").map(({ name, n_parameters: parameters, n_tokens: tokens }) => {
    const button = h("button", { type: "button" }, name);
    const cells = ["each", "ratio", "lost"].map((each) => h("td", { "data-number": each }));
    // The size is kept as it was published.
    const flops = Number((6 * parameters * tokens).toPrecision(DIGITS_OF_FLOPS));
    const [low, high] = model.get("budgets");
    put(button, { disabled: flops < low || flops > high });
    listen(button, "click", () => change({ flops, n_parameters: parameters, at_optimum: false }));
    return { name, cells, button, node: h("tr", {}, h("th", { scope: "row" }, button), ...cells) };
  });
  const heads = ["Training", "Tokens a parameter", "Times the best size", "Loss above the best"].map((label) => h("th", { scope: "col" }, label));
  const node = h("div", { class: "cf-scroll cfb-models", role: "group", tabindex: 0, "aria-label": "Public trainings", hidden: !rows.length },
    h("table", {}, h("caption", {}, "Trainings, each against the best split of its own compute"), h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows.map((row) => row.node))));
  const draw = ({ trainings, flops, chosen, at_optimum: follows }) => rows.forEach(({ button, cells }, i) => {
    const each = trainings[i];
    const numbers = [each.chosen.each, each.ratio, each.lost];
    const words = [significant(numbers[0]), significant(numbers[1]), fixed(numbers[2], 4)];
    cells.forEach((cell, k) => { cell.textContent = words[k]; put(cell, { "data-value": exact(numbers[k]) }); });
    put(button, { "aria-pressed": String(!follows && chosen.parameters === each.chosen.parameters && Math.abs(flops / each.flops - 1) < SAME_FLOPS) });
  });
  return { node, draw };
}
