// The page's side of the Web Worker: fetches the model when it is first needed, and asks.

const KEPT = "story-writer"; // the browser's store for the file: it is fetched once, also by later visits
const PATIENCE_MS = 5000;
const FROM_A_FILE = "a page opened from a file may load nothing. In the folder of the site run " +
  "“python3 -m http.server”, then open localhost:8000";

/** The browser's store; null where it has none for this page. */
async function openStore() {
  try {
    return await globalThis.caches.open(KEPT);
  } catch {
    return null;
  }
}

/** Fetch the file from the site, or take the copy that was kept; a copy of an older model goes. */
async function fromSite(root, name) {
  if (location.protocol === "file:") throw new Error(FROM_A_FILE);
  const address = new URL(`${root}_static/${name}`, document.baseURI).href;
  const store = await openStore();
  const kept = await store?.match(address);
  if (kept) return kept.arrayBuffer();
  // Asked of the server anew: a browser may have kept its answer that there is no such file.
  const fetched = await fetch(address, { cache: "no-cache" }).catch(() => {
    throw new Error("there is no connection to the site");
  });
  if (!fetched.ok) throw new Error(`the site answers ${fetched.status} for ${name}`);
  const copy = fetched.clone();
  const file = await fetched.arrayBuffer();
  for (const old of (await store?.keys()) ?? []) await store.delete(old);
  await store?.put(address, copy).catch(() => {}); // a full disk: the next visit fetches again
  return file;
}

/** Ask Python for the file: in a notebook the figure has a kernel and no site. */
function fromKernel(model, say) {
  return new Promise((done) => {
    const slow = setTimeout(() =>
      say("Python has not answered yet: is its kernel busy, or not running?"), PATIENCE_MS);
    model.on("msg:custom", function hear(_, [file]) {
      model.off("msg:custom", hear);
      clearTimeout(slow);
      done(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
    });
    model.send({ wanted: "model" });
  });
}

/** Start a worker from its text, worker.js; what it returns asks it. */
function startWorker(module, signal) {
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  const waiting = new Map();
  worker.onmessage = ({ data: { id, answer, fault } }) => {
    const { done, fail } = waiting.get(id);
    if (fault) fail(new Error(fault));
    else done(answer);
    waiting.delete(id);
  };
  worker.onerror = ({ message }) => {
    for (const { fail } of waiting.values()) fail(new Error(message ?? "the browser lets no worker start"));
  };
  signal.addEventListener("abort", () => worker.terminate());
  let n = 0;
  return (message) => new Promise((done, fail) => {
    n += 1;
    waiting.set(n, { done, fail });
    worker.postMessage({ id: n, ...message });
  });
}

/** `ask(question)` answers as `readText` does; `status` says how far the model is. */
export function makeEngine({ model, redraw, signal }) {
  const status = { phase: "away", words: "", nRead: 0, ms: 0 };
  const say = (phase, words = "") => {
    Object.assign(status, { phase, words });
    redraw();
  };
  let started;

  async function start() {
    say("loading");
    // Only a page of the site says where the site begins.
    const root = document.documentElement.dataset.content_root;
    const file = root === undefined
      ? await fromKernel(model, (words) => say("loading", words))
      : await fromSite(root, model.get("file"));
    const post = startWorker(model.get("worker"), signal);
    await post({ file });
    say("here");
    return post;
  }

  async function ask(question) {
    try {
      started ??= start();
      const answer = await (await started)({ question });
      Object.assign(status, { words: "", nRead: status.nRead + answer.nRead, ms: status.ms + answer.ms });
      return answer;
    } catch (error) {
      if (status.phase !== "here") started = undefined; // the next press tries again
      say(started ? "here" : "away", error.message);
      throw error;
    }
  }
  return { ask, status };
}
