// The module of the Web Worker: it holds the decoder and its cache, and answers one question after the
// other, so that the page stays quick while the model computes.
import { drawTokens, filterTokens } from "../sampling/filters.js";
import { alikeStart } from "./alike.js";
import { cutCache, emptyCache, readDecoder, readToken } from "./decoder.js";

/**
 * Read a text and draw the token after it. Only what the cache does not hold is computed: of a text
 * that grows by one word, one word. The answer has the weights of the tokens from `nSeen` on.
 */
function readText(model, cache, { tokens, nSeen, settings, seed, index }) {
  const nAlike = alikeStart(cache.tokens, tokens);
  // The scores are those of the token read last: after a cut it is read again.
  if (nAlike < cache.tokens.length) cutCache(cache, Math.min(nAlike, tokens.length - 1));
  const fresh = tokens.slice(cache.tokens.length);
  const start = performance.now();
  for (const token of fresh) readToken(model, cache, token);
  const ms = performance.now() - start;
  const next = filterTokens([...cache.logits], new Set(), settings);
  return {
    tokens, logits: cache.logits, rows: cache.rows.slice(nSeen), ms, nRead: fresh.length,
    drawn: drawTokens(next, seed, 1, index)[0],
  };
}

let [model, cache] = [];

/** Answer what the page asks: first it sends the file, then texts. */
self.onmessage = ({ data: { id, file, question } }) => {
  try {
    if (file) {
      model = readDecoder(file);
      cache = emptyCache(model);
    }
    self.postMessage({ id, answer: question && readText(model, cache, question) });
  } catch (error) {
    self.postMessage({ id, fault: error.message });
  }
};
