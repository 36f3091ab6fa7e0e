// How the work is spread: a bar for each expert of each layer, the limit, and a mark for the share over many texts.
import { exact, h, put } from "../base.js";
import { percent } from "../formats.js";

export function bars({ model }) {
  const shares = model.get("shares")[0];
  const layers = shares.map((layer, number) => {
    const rows = layer.map((_, expert) => {
      const [bar, limit, mark] = ["i", "u", "b"].map((tag) => h(tag, {}));
      const count = h("span", { class: "cfx-count" });
      put(bar, { "data-expert": expert + 1 });
      const node = h("div", { class: "cfx-row" }, h("span", { class: "cfx-number" }, String(expert + 1)),
        h("div", { class: "cfx-bar", "aria-hidden": "true" }, bar, limit, mark), count);
      return { node, bar, limit, mark, count };
    });
    return { rows, node: h("div", { class: "cfx-layer" }, h("p", { class: "cfx-name" }, `Experts of layer ${number + 1}`), ...rows.map((row) => row.node)) };
  });
  const legend = h("p", { class: "cfx-legend" }, ...[["bar", "words of this text that ask"], ["refused", "no room"], ["mark", "share over many tales"]]
    .map(([kind, words]) => h("span", {}, h("i", { "data-kind": kind }), words)));
  const node = h("div", { class: "cfx-spread" }, h("div", { class: "cfx-layers" }, ...layers.map((layer) => layer.node)), legend);

  function draw(now) {
    const all = [...now.layers.flatMap(({ loads }) => loads.map((load) => load / now.nChoices)), ...now.shares.flat()];
    const wide = (share) => `${Math.min(100, (100 * share) / (1.05 * Math.max(...all)))}%`;
    layers.forEach(({ rows }, layer) => rows.forEach(({ bar, limit, mark, count }, expert) => {
      const load = now.layers[layer].loads[expert];
      const over = Math.max(0, load - now.capacity);
      put(bar, { style: `width: ${wide(load / now.nChoices)}`, "data-value": load });
      put(limit, { style: `left: ${wide((load - over) / now.nChoices)}; width: ${wide(over / now.nChoices)}`, "data-value": over });
      put(mark, { style: `left: ${wide(now.shares[layer][expert])}`, "data-value": exact(now.shares[layer][expert]) });
      count.textContent = `${load}${over ? `, ${over} refused` : ""} · ${percent(now.shares[layer][expert])}`;
    }));
  }
  return { node, draw };
}
