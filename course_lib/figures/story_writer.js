// A small GPT that writes in the page. What is shown follows from the state alone: whenever its text is
// not the one that the model has read last, the worker is asked to read it.
import { figure, h, put } from "./base.js";
import { byteSize } from "./formats.js";
import { sliders } from "./sampling/sliders.js";
import { alikeStart } from "./writer/alike.js";
import { beginningField, headPicker, seedField, writingButtons } from "./writer/controls.js";
import { makeEngine } from "./writer/engine.js";
import { attentionMap, nextWords, storyText } from "./writer/pictures.js";
import { lookAt, MOST_K, N_SHOWN, readStart, readState, SETTINGS } from "./writer/state.js";
import { statusInWords, writerInWords, writerTables } from "./writer/words.js";

export default figure((frame) => {
  const { model, body, said, change, redraw, signal } = frame;
  const engine = makeEngine(frame);
  let read = readStart(model); // what the model has computed, and for which tokens
  let refused = ""; // a text that could not be read is not asked for again until it changes
  let isReading = false;
  let run = null; // the story being written

  const keyOf = ({ tokens }) => tokens.join();
  const textNow = () => keyOf(readState(model));

  /** Let the worker read the text of the state, and tell which token it draws next. */
  async function readOn() {
    const { tokens, settings, seed, written } = readState(model);
    const nSeen = alikeStart(tokens, read.tokens);
    const answer = await engine.ask({ tokens, nSeen, settings, seed, index: written.length });
    read = { ...answer, rows: [...read.rows.slice(0, nSeen), ...answer.rows] };
    redraw();
    return answer.drawn;
  }

  /** One question after the other: each builds on what the one before has brought. */
  let last = Promise.resolve();
  const inTurn = (act) => (last = last.then(act, act));

  async function follow(text) {
    isReading = true;
    await inTurn(readOn).catch(() => (refused = text));
    isReading = false;
    redraw();
  }

  function write(token) {
    const { words, written, isOver } = readState(model);
    if (!isOver) change({ written: [...written, words[token]], looking: null });
  }

  /** Write the word that the worker draws, unless the reader has changed the text or stopped meanwhile. */
  const step = (isWanted) => inTurn(async () => {
    const token = await readOn();
    if (textNow() === keyOf(read) && isWanted()) write(token);
  });

  const pause = () => {
    const pace = model.get("pace");
    return pace && new Promise((go) => setTimeout(go, 1000 / pace));
  };

  async function writeStory() {
    const mine = (run = {});
    const isMine = () => run === mine && !signal.aborted;
    redraw();
    for (let text = textNow(); isMine() && textNow() === text && !readState(model).isOver; await pause()) {
      await step(isMine).catch(stop); // the status says why
      text = textNow();
    }
    if (run === mine) stop();
  }

  const stop = () => {
    run = null;
    redraw();
  };
  const startAnew = (values) => change({ written: [], looking: null, ...values });
  const writer = {
    isRunning: () => run !== null,
    write(token) { stop(); write(token); },
    writeOne: () => step(() => true).catch(() => {}),
    undo() { stop(); change({ written: model.get("written").slice(0, -1), looking: null }); },
    restart(values) { stop(); startAnew(values); },
    toggle() {
      if (run) return stop();
      const lastSeed = model.get("ranges").seed[1];
      if (readState(model).isOver) startAnew({ seed: (model.get("seed") + 1) % (lastSeed + 1) });
      return writeStory();
    },
  };

  const [begin, buttons, text, head, seed, map] =
    [beginningField, writingButtons, storyText, headPicker, seedField, attentionMap].map((make) => make(frame, writer));
  const next = nextWords(frame, writer, N_SHOWN);
  const knobs = sliders(frame, SETTINGS);
  const status = h("p", { class: "cf-help cfw-status" });
  const size = byteSize(model.get("file_bytes"));
  body.append(begin.node, buttons.node, text.node, status, head.node,
    h("div", { class: "cfw-columns" }, next.node, h("div", {}, knobs.node, seed.node)), said, map.node);

  let now;
  return {
    draw() {
      const state = readState(model);
      const key = keyOf(state);
      const isRead = key === keyOf(read);
      if (isRead) now = lookAt(state, read);
      else if (!isReading && refused !== key) follow(key);
      put(body, { "data-read": String(isRead) });
      status.textContent = statusInWords(engine.status, size);
      put(status, { role: engine.status.words ? "alert" : null });
      for (const part of [begin, buttons, text, head, seed]) part.draw(isRead ? now : state);
      knobs.draw(state.settings, MOST_K);
      if (isRead) for (const part of [next, map]) part.draw(now);
    },
    summary: () => (now ? writerInWords(now) : ""),
    tables: () => (now ? writerTables(now) : []),
  };
});
