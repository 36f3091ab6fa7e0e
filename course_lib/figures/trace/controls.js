// What the reader sets: the task, the moment, how many calls there are, and how much is remembered.
import { h, put } from "../base.js";
import { counted } from "../formats.js";

export function choices(frame) {
  const { id, model, change, listen } = frame;
  const cases = h("select", { id: `${id}-case` }, ...model.get("labels").map((label, i) => h("option", { value: i }, label)));
  listen(cases, "change", () => change({ case: Number(cases.value), moment: 0 }));
  const [back, next] = [["Back", -1], ["Next", 1]].map(([label, by]) => {
    const button = h("button", { type: "button" }, label);
    listen(button, "click", () => change({ moment: now.at + by }));
    return button;
  });
  const [task, decider] = ["task", "decider"].map((name) => h("span", { "data-part": name }));
  const node = h("div", { class: "cfx-choices" },
    h("div", { class: "cfx-case" }, h("label", { for: cases.id }, "Case"), cases),
    h("div", { class: "cfx-buttons" }, back, next),
    h("p", { class: "cfx-task" }, "Task: ", task, ". Decided by ", decider, "."));
  let now;
  const draw = (seen) => {
    now = seen;
    cases.value = now.chosen;
    task.textContent = now.task;
    decider.textContent = now.decider;
    put(back, { disabled: now.at === 0 });
    put(next, { disabled: now.isEnd });
  };
  return { node, draw };
}

function slider({ id, change, listen }, { trait, label, min, max, say }) {
  const input = h("input", { type: "range", id: `${id}-${trait}`, min, step: 1 });
  const value = h("output", { for: input.id, "aria-live": "off" });
  listen(input, "input", () => change({ [trait]: Number(input.value) }));
  const node = h("div", { class: "cf-slider" }, h("label", { for: input.id }, label), value, input);
  const draw = (now, held) => {
    put(input, { max: max(now) });
    if (Number(input.value) !== held) input.value = held;
    value.textContent = say(now, held);
    put(input, { "aria-valuetext": say(now, held) });
  };
  return { node, draw };
}

export function sliders(frame) {
  const most = frame.model.get("places")[0].length - 1;
  const calls = slider(frame, { trait: "n_calls", label: "Calls that may be made", min: 0, max: () => most, say: (_, held) => counted(held, "call") });
  const memory = slider(frame, { trait: "n_remembered", label: "Steps it remembers", min: 1, max: () => most, say: (_, held) => `the last ${held}` });
  const moment = slider(frame, { trait: "moment", label: "Moment", min: 0, max: ({ nSteps }) => nSteps + 1,
    say: ({ isEnd, nSteps }, held) => (isEnd ? "the end" : held ? `step ${held} of ${nSteps}` : "the start") });
  const node = h("div", { class: "cf-sliders cfx-sliders" }, moment.node, calls.node, memory.node);
  const draw = (now) => {
    moment.draw(now, now.at);
    calls.draw(now, now.nCalls);
    memory.draw(now, now.nRemembered);
  };
  return { node, draw };
}
