// The chart: rate against step, with handles where the schedule bends and an upright line to read at.
import { exact, h, put, s } from "../base.js";
import { thousands } from "../formats.js";
import { scientific } from "../powers.js";
import { STAGED, WITH_FLOOR, grainOf, reshape, roundRate, shaped } from "./arithmetic.js";

const [TOP, LEFT, BOTTOM, RIGHT, HEIGHT] = [46, 70, 40, 18, 350];
const [NARROW, FINGER] = [520, 18]; // FINGER: how far from a handle a finger still takes it

/** The handles of a schedule: where each stands, and what moving it sets. */
function handlesOf({ kind, n_warmup: warmup, n_steps: total, n_decay: decay, peak, floor }) {
  const withFloor = WITH_FLOOR.includes(kind);
  return [
    { name: "top", at: [warmup, peak], set: (step, rate) => ({ n_warmup: step, peak: rate }) },
    ...(kind === STAGED ? [{ name: "fall", at: [total - decay, peak], set: (step) => ({ n_decay: Math.max(1, total - step) }) }] : []),
    { name: "end", at: [total, withFloor ? floor : 0], set: (step, rate) => ({ n_steps: Math.max(2, step), ...(withFloor ? { floor: rate } : {}) }) },
  ];
}

export function chart(frame) {
  const { model, change, listen } = frame;
  const [grid, curves, marks] = ["cfl-axis", "cfl-curves", "cfl-marks"].map((name) => s("g", { class: name }));
  const drawing = s("svg", { role: "img", class: "cfl-svg" }, grid, curves, marks);
  const node = h("div", { class: "cfl-chart" }, drawing);
  const [last, most] = [model.get("max_steps"), model.get("max_rate")];
  const height = HEIGHT - TOP - BOTTOM;
  let [narrow, width, held] = [false, 0, null];

  const x = (step) => LEFT + (width * step) / last;
  const y = (rate) => TOP + height * (1 - rate / most);
  const text = (at, up, words, anchor = "middle") => s("text", { x: at, y: up, "text-anchor": anchor }, words);

  /** Step and rate under the pointer, on the sliders' grains. */
  function under({ clientX, clientY }) {
    const box = drawing.getBoundingClientRect();
    const { ofSteps, ofRate } = grainOf(model);
    const within = (value, high) => Math.min(high, Math.max(0, value));
    const step = Math.round((within((clientX - box.left - LEFT) / width, 1) * last) / ofSteps) * ofSteps;
    const rate = Math.round((within(1 - (clientY - box.top - TOP) / height, 1) * most) / ofRate) * ofRate;
    return [within(step, last), roundRate(Math.max(0, rate))];
  }

  function handleAt({ clientX, clientY }) {
    const box = drawing.getBoundingClientRect();
    const near = handlesOf(shaped(model)).map((handle) => ({
      ...handle, far: Math.hypot(clientX - box.left - x(handle.at[0]), clientY - box.top - y(handle.at[1])),
    })).sort((a, b) => a.far - b.far)[0];
    return near.far <= FINGER ? near.name : "line";
  }

  function follow(event) {
    const [step, rate] = under(event);
    if (held === "line") return change({ step });
    const { set } = handlesOf(shaped(model)).find(({ name }) => name === held);
    const values = set(step, rate);
    if ("peak" in values) values.peak = Math.max(values.peak, grainOf(model).ofRate);
    reshape(frame, values);
  }
  listen(drawing, "pointerdown", (event) => {
    if (event.button) return;
    drawing.setPointerCapture(event.pointerId);
    held = handleAt(event);
    if (held === "line") follow(event);
  });
  listen(drawing, "pointermove", (event) => drawing.hasPointerCapture(event.pointerId) && follow(event));
  // A finger on a handle moves it up and down too; elsewhere it may scroll the page.
  listen(drawing, "touchstart", (event) => event.touches.length === 1 && handleAt(event.touches[0]) !== "line" && event.preventDefault());

  function drawAxes() {
    const every = narrow ? 2 : 1;
    const parts = Array.from({ length: 6 }, (_, i) => i / 5);
    grid.replaceChildren(
      ...parts.flatMap((part) => [s("path", { d: `M${LEFT} ${y(part * most)}h${width}` }), text(LEFT - 6, y(part * most) + 4, scientific(part * most, 2), "end")]),
      ...parts.filter((_, i) => i % every === 0 || i === 5).filter((_, i, all) => !narrow || i !== all.length - 2)
        .flatMap((part) => [s("path", { d: `M${x(part * last)} ${TOP}v${height}` }), text(x(part * last), TOP + height + 16, thousands(Math.round(part * last)))]),
      text(2, 13, "learning rate", "start"), text(LEFT + width / 2, HEIGHT - 5, "step"));
  }

  const path = (points) => `M${points.map(([step, rate]) => `${x(step).toFixed(2)} ${y(rate).toFixed(2)}`).join("L")}`;

  /** The area under the shaped one; each schedule, solid while training lasts, thin after its end. */
  function drawCurves({ shown, active }) {
    const before = ({ points, n_steps: total }) => points.filter(([step]) => step <= total);
    const area = before(shown[active]);
    curves.replaceChildren(
      s("path", { class: "cfl-area", d: `${path(area)}L${x(area.at(-1)[0]).toFixed(2)} ${y(0)}H${x(0)}Z` }),
      ...shown.flatMap((shape) => [
        s("path", { class: "cfl-after", "data-schedule": shape.name, d: path(shape.points.filter(([step]) => step >= shape.n_steps)) }),
        s("path", { class: "cfl-curve", "data-schedule": shape.name, d: path(before(shape)), "data-points": JSON.stringify(shape.points.map(([step, rate]) => [step, Number(exact(rate))])) }),
      ]));
  }

  function drawMarks({ shown, active, step, compared }) {
    const handles = handlesOf(shown[active]);
    marks.replaceChildren(
      s("path", { class: "cfl-here", d: `M${x(step)} ${TOP}v${height}` }),
      ...shown.map(({ name, rate }) => s("circle", { class: "cfl-point", "data-schedule": name, cx: x(step), cy: y(rate), r: 5, "data-rate": exact(rate) })),
      ...handles.map(({ name, at: [across, up] }) => s("circle", { class: "cfl-handle", "data-handle": name, cx: x(across), cy: y(up), r: 8 })));
    const right = x(step) > LEFT + width * 0.72;
    shown.forEach(({ name, rate }, i) => {
      const words = `${compared ? `${name}: ` : ""}${scientific(rate)}`;
      marks.append(s("text", { class: "cfl-label", "data-schedule": name, x: x(step) + (right ? -8 : 8), y: compared && !i ? TOP - 21 : TOP - 7, "text-anchor": right ? "end" : "start" }, words));
    });
  }

  function draw(now) {
    narrow = node.clientWidth < NARROW;
    width = Math.max(120, node.clientWidth - LEFT - RIGHT);
    const [{ kind, n_steps: total, peak }] = now.shown;
    put(drawing, {
      width: node.clientWidth, height: HEIGHT, viewBox: `0 0 ${node.clientWidth} ${HEIGHT}`,
      "aria-label": `Chart: the learning rate of ${thousands(total)} steps, ${kind}, with a peak of ${scientific(peak)}${now.compared ? `; beside it B, ${now.shown[1].kind}` : ""}.`,
    });
    drawAxes();
    drawCurves(now);
    drawMarks(now);
  }
  return { node, draw };
}
