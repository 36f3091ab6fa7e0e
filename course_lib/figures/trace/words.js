// The figure of an agent's trace in words and as a table; trace_words.py writes the same sentences.
import { counted } from "../formats.js";

const OUTCOMES = { result: "The result", error: "It failed", refused: "It was refused" };

/** What the policy saw when it decided. */
export function sight({ nBefore, nSeen }) {
  if (!nBefore) return "the task";
  if (nSeen === nBefore) return `the task and ${counted(nSeen, "step")}`;
  return `the task and the last ${nSeen} of ${counted(nBefore, "step")}`;
}

function ending({ run, hasAnswer, wanted }) {
  const said = hasAnswer ? `answered “${run.answer}”.` : "wanted another call. None is left, so there is no answer.";
  return `${said} ${run.is_done ? "The task is done." : `The task is not done: ${wanted}.`}`;
}

export function traceInWords(now) {
  const { at, isEnd, step, task, nCalls, nLeft } = now;
  const left = `Left of ${counted(nCalls, "call")}: ${nLeft}.`;
  if (!at) return `Nothing has happened yet. The task is “${task}”. ${left}`;
  if (isEnd) return `The end: the policy saw ${sight(now)} and ${ending(now)} ${left}`;
  const wrote = step.thought ? `, wrote “${step.thought}”` : "";
  return `Step ${at}: the policy saw ${sight(now)}${wrote} and called ${step.call}. ${OUTCOMES[step.kind]}: “${step.text}”. ${left}`;
}

export function traceInTables({ run, nCalls, nSteps, sightAt }) {
  const rows = run.steps.map(({ thought, call, kind, text }, i) =>
    [String(i + 1), sight(sightAt(i + 1)), thought || "–", call, kind, text, String(nCalls - i - 1)]);
  const end = ["end", sight(sightAt(nSteps + 1)), run.thought || "–", "–", run.stopped, run.answer ?? "–", String(nCalls - nSteps)];
  return [{ caption: "The whole run", columns: ["step", "the policy saw", "thought", "call", "what came of it", "in words", "calls left"], rows: [...rows, end] }];
}
