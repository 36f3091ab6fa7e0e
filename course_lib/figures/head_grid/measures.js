// What is measured of the chosen head on the text, beside the best head and a yardstick.
import { h, put } from "../base.js";
import { longName, measures } from "./words.js";

export function measureTable(_, { nLayers, nHeads }) {
  const caption = h("caption", {});
  const rows = h("tbody", {});
  const columns = ["part", "this head", `best of ${nLayers * nHeads}`, "to compare"];
  const meanings = h("p", { class: "cfg-caption" });
  const node = h("div", { class: "cfg-measures" },
    h("table", {}, caption, h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col" }, name)))), rows), meanings);
  let made = "";
  const draw = ({ index, text: { numbers, relations }, head }) => {
    if (made === `${index} ${head}`) return;
    made = `${index} ${head}`;
    caption.textContent = `${longName(head, nHeads)}, measured on this text`;
    rows.replaceChildren(...measures(numbers, head, nHeads).map(([name, ...cells]) =>
      h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((text) => h("td", {}, text)))));
    meanings.textContent = relations.map(({ name, meaning }) => (meaning ? `${name}: ${meaning}` : name)).join("; ");
    put(meanings, { hidden: !relations.length });
  };
  return { node, draw };
}
