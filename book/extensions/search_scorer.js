// Read beside Sphinx's own script of the search page (see search_targets.py).

// From file:// a browser fetches no other page: results come without an extract then, and without an error.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// Sphinx's own numbers, and one more thing: a field of a class comes after functions and classes.
var Scorer = {
  score: ([, , , description, score]) =>
    description && description.startsWith("Python attribute") ? score - 8 : score,
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

// A letter or two are part of nearly every name: they have to be the whole of it.
const SHORT = 2;
const askForWholeNames = () => {
  const search = Search.performObjectSearch;
  Search.performObjectSearch = (typed, others) =>
    search(typed, others).filter(
      ([, name]) => typed.length > SHORT || name.toLowerCase().split(".").pop() === typed
    );
};

// An extract is of what one reads: no lists of contents, no buttons, and each formula once.
const NOT_READ =
  ".onlyprint, .bd-header-article, .bd-sidebar-secondary, .prev-next-area, footer, button, " +
  "noscript, .linenos, .katex-html, annotation";
const extractWhatIsRead = () => {
  const asText = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll(NOT_READ).forEach((element) => element.remove());
    return asText(page.documentElement.outerHTML, anchor).replace(/\s+/g, " ");
  };
};

const mendSearch = () => {
  askForWholeNames();
  extractWhatIsRead();
};
// Themes differ in which of the two scripts comes first.
if (typeof Search === "undefined") document.addEventListener("DOMContentLoaded", mendSearch);
else mendSearch();
