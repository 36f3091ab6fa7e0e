// The stream from the embedding down: for each part an arrow for what it adds, and what can be read after it.
import { exact, fixed, h, put, s } from "../base.js";
import { significant } from "../formats.js";
import { additionInWords, stageName } from "./words.js";

const [HEIGHT, EDGE] = [84, 7]; // of a picture, in pixels, and the room for its arrow heads
const FLAT = 0.01; // a shorter arrow, of a picture, is drawn as a point

/** An arrow with a head of its own, so that forced colours and paper know it. */
function arrow(kind) {
  const [line, head] = [s("path", { class: "cfs-line" }), s("path", { class: "cfs-head" })];
  const node = s("g", { class: `cfs-arrow ${kind}` }, line, head);
  const draw = ([x1, y1], [x2, y2]) => {
    const length = Math.hypot(x2 - x1, y2 - y1);
    put(node, { display: length < 1 ? "none" : null });
    if (length < 1) return;
    const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
    const size = Math.min(8, length); // of the head
    const at = (back, aside) => `${x2 - ux * back - uy * aside} ${y2 - uy * back + ux * aside}`;
    put(line, { d: `M${x1} ${y1}L${at(size * 0.8, 0)}` });
    put(head, { d: `M${x2} ${y2}L${at(size, size / 2)}L${at(size, -size / 2)}Z` });
  };
  return { node, draw };
}

/** The plane of the stream and of what is added to it: the stream lies along, the sum is the third side. */
function triangle() {
  const [found, added, sum] = ["cfs-found", "cfs-added", "cfs-sum"].map(arrow);
  const node = s("svg", { class: "cfs-picture", "aria-hidden": "true" }, sum.node, found.node, added.node);
  const draw = (before, stage, { left, right, up }, width) => {
    const scale = Math.min((width - 2 * EDGE) / (right - left), (HEIGHT - 2 * EDGE) / Math.max(up, FLAT * (right - left)));
    put(node, { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` });
    const point = (along, across) => [EDGE + (along - left) * scale, HEIGHT - EDGE - across * scale];
    const sine = Math.sqrt(Math.max(0, 1 - stage.cosine ** 2));
    const [start, tip] = [point(0, 0), point(before ? before.length : stage.length, 0)];
    const end = before ? point(before.length + stage.added * stage.cosine, stage.added * sine) : tip;
    found.draw(start, tip);
    added.draw(tip, end);
    sum.draw(start, end);
    put(sum.node, { display: before && stage.added ? null : "none" });
    put(node, { "data-scale": exact(scale), "data-end": end.map(exact).join(" ") });
  };
  return { node, draw };
}

/** The words that the lens reads, with bars; the word that follows in the text is framed. */
export function lens() {
  const node = h("ul", { class: "cfs-lens" });
  const draw = ({ read }, following) => node.replaceChildren(...read.map(([word, share]) =>
    h("li", { "data-next": word === following }, h("i", { style: `width:${100 * share}%` }), h("span", {}, word), " ", h("span", {}, fixed(share)))));
  return { node, draw };
}

export function stream({ listen, model, change }) {
  const rows = Array.from({ length: 2 * model.get("n_layers") + 1 }, (_, stage) => {
    const [name, words, length] = [h("b", {}, stageName(stage)), h("span", { class: "cfs-adds" }), h("span", { class: "cfs-length" })];
    const [picture, read] = [triangle(), lens()];
    const node = h("li", { class: "cfs-stage", "data-kind": stage ? (stage % 2 ? "attention" : "feed-forward") : "embedding" },
      h("p", { class: "cfs-part" }, name, " ", words, " ", length), h("div", { class: "cfs-plane" }, picture.node), read.node);
    return { node, words, length, picture, read };
  });
  const list = h("ol", { class: "cfs-stream", "aria-label": "The stream, from the embedding to the output" }, ...rows.map(({ node }) => node));
  const heads = h("p", { class: "cfs-caption cfs-heads" }, h("span", {}, "Part of the model"), h("span", {}, "What it adds to the stream"), h("span", {}, "What the lens reads then"));
  const legend = h("p", { class: "cfs-caption" },
    "Each picture lies in the plane of two vectors: along the bottom the stream that the part finds, from its tip what the part adds, dashed the sum. All pictures have one scale. The cosine is that of the angle between the two. Framed: the word that follows in the text.");
  const node = h("div", {}, heads, list, legend);
  const draw = ({ stages, parts, place, text: { words }, reach }) => {
    const width = Math.max(100, rows[0].picture.node.parentNode.clientWidth);
    rows.forEach((row, i) => {
      const [stage, isOff] = [stages[i], parts.includes(i - 1)];
      put(row.node, { "data-off": isOff, "data-length": exact(stage.length), "data-added": exact(stage.added), "data-cosine": exact(stage.cosine) });
      row.words.textContent = i ? additionInWords(stage, isOff) : "begins the stream";
      row.length.textContent = `stream ${i ? `${significant(stages[i - 1].length)} → ` : ""}${significant(stage.length)}`;
      row.picture.draw(stages[i - 1], stage, reach, width);
      row.read.draw(stage, words[place + 1]);
    });
  };
  return { node, draw };
}

/** What comes out at the end, and what would with all parts on. */
export function outcome() {
  const [now, before] = [lens(), lens()];
  const [title, second] = [h("b", {}), h("div", {}, h("p", {}, h("b", {}, "with all parts on:")), before.node)];
  const node = h("div", { class: "cfs-out", role: "group", "aria-label": "What comes out" }, h("div", {}, h("p", {}, title), now.node), second);
  const draw = ({ stages, before: all, place, text: { words }, without }) => {
    title.textContent = `After “${words[place]}” comes out${without ? `, without ${without}` : ""}:`;
    now.draw(stages.at(-1), words[place + 1]);
    before.draw(all.at(-1), words[place + 1]);
    put(second, { "data-unneeded": !without });
  };
  return { node, draw };
}
