// What is shown at a moment of a run, as trace_moments.py says it.

/** Of moment `at`: how many steps there were when the policy decided, and how many of them it saw. */
const seenAt = (at, nRemembered) => {
  const nBefore = Math.max(0, at - 1);
  return { nBefore, nSeen: Math.min(nBefore, nRemembered) };
};

/** Everything that is shown at one moment. */
export function lookAt(model) {
  const [chosen, nCalls, nRemembered] = ["case", "n_calls", "n_remembered"].map((name) => model.get(name));
  const [task, decider, wanted] = ["tasks", "deciders", "wanted"].map((name) => model.get(name)[chosen]);
  const run = model.get("runs")[model.get("places")[chosen][nCalls][nRemembered - 1]];
  const nSteps = run.steps.length;
  const at = Math.min(model.get("moment"), nSteps + 1);
  const isEnd = at > nSteps;
  const nSpent = Math.min(at, nSteps);
  const { nBefore, nSeen } = seenAt(at, nRemembered);
  const stateOf = (i) => (i >= nSpent ? "to come" : i >= nBefore ? "now" : i >= nBefore - nSeen ? "seen" : "forgotten");
  return {
    chosen, nCalls, nRemembered, task, decider, wanted, run, nSteps, at, isEnd, nSpent, nBefore, nSeen, stateOf,
    nLeft: nCalls - nSpent,
    hasAnswer: run.stopped === "answered",
    step: at && !isEnd ? run.steps[at - 1] : null,
    sightAt: (moment) => seenAt(moment, nRemembered),
  };
}
