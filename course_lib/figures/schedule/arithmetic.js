// The sums of the schedule figure, from what its model holds; schedule_numbers.py does the same.

export const STAGED = "stable, then decay";
export const WITH_FLOOR = ["linear", "cosine", STAGED];
const EVEN_POINTS = 160; // points of a curve besides its corners

/** The share of the peak at each step, counted from 0. */
export function factorOf({ kind, n_warmup: warmup, n_steps: steps, n_decay: decay, peak, floor }) {
  const rise = (step) => (warmup ? Math.min(1, (step + 1) / warmup) : 1);
  const progress = (step, before) => Math.min(1, Math.max(0, step - before) / (steps - before));
  const down = (step, fall) => rise(step) * (floor / peak + (1 - floor / peak) * fall);
  const top = Math.max(1, warmup);
  return {
    constant: rise,
    linear: (step) => down(step, 1 - progress(step, warmup)),
    cosine: (step) => down(step, (1 + Math.cos(Math.PI * progress(step, warmup))) / 2),
    "inverse square root": (step) => Math.min((step + 1) / top, Math.sqrt(top / (step + 1))),
    [STAGED]: (step) => down(step, 1 - progress(step, steps - decay)),
  }[kind];
}

/** What is left of a change so that the schedule remains one: a length gives way to what was set last. */
export function fitted(shape) {
  const warmup = Math.min(shape.n_warmup, shape.n_steps - 1);
  const decay = shape.kind === STAGED ? Math.min(shape.n_decay, shape.n_steps - warmup) : shape.n_decay;
  return { ...shape, n_warmup: warmup, n_decay: decay, floor: Math.min(shape.floor, shape.peak) };
}

/** Steps at which a curve is drawn: evenly, and at its corners. */
function stepsOf({ n_warmup: warmup, n_steps: total, n_decay: decay }, last) {
  const even = Array.from({ length: EVEN_POINTS + 1 }, (_, i) => Math.round((last * i) / EVEN_POINTS));
  const corners = [warmup - 1, warmup, total - decay, total].filter((step) => step >= 0 && step <= last);
  return [...new Set([...even, ...corners])].sort((a, b) => a - b);
}

function measured(shape, step, last) {
  const factor = factorOf(shape);
  let total = 0;
  for (let each = 0; each < shape.n_steps; each += 1) total += factor(each);
  return {
    ...shape, rate: shape.peak * factor(step), area: shape.peak * total,
    ofPeak: total / shape.n_steps, warmupShare: shape.n_warmup / shape.n_steps,
    rateAt: (each) => shape.peak * factor(each),
    points: stepsOf(shape, last).map((each) => [each, shape.peak * factor(each)]),
  };
}

/** Eleven steps for a table, evenly. */
export const tableSteps = (last) => Array.from({ length: 11 }, (_, i) => Math.round((last * i) / 10));

/** All that follows from what the reader has chosen. */
export function look(model) {
  const [shapes, compared, active, step, last] = ["shapes", "compared", "active", "step", "max_steps"].map((name) => model.get(name));
  const shown = shapes.slice(0, compared ? 2 : 1).map((shape, i) => ({ name: "AB"[i], ...measured(shape, step, last) }));
  return { shown, compared, active: compared ? active : 0, step, last };
}

/** Change some numbers of the schedule that the reader shapes. */
export function reshape({ model, change }, values) {
  const index = model.get("compared") ? model.get("active") : 0;
  change({ shapes: model.get("shapes").map((shape, i) => (i === index ? fitted({ ...shape, ...values }) : shape)) });
}

/** The one that the reader shapes. */
export const shaped = (model) => model.get("shapes")[model.get("compared") ? model.get("active") : 0];

/** Values that are easy to read: a slider's and a handle's steps and rates. */
export const grainOf = (model) => ({
  ofSteps: Math.max(1, Math.round(model.get("max_steps") / 500)),
  ofRate: model.get("max_rate") / 200,
});
export const roundRate = (rate) => Number(rate.toPrecision(3));
