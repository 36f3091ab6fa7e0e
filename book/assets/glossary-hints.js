// Shows what a term means beside the word: on hover, on keyboard focus, and on a first tap.
// Escape takes it away; the pointer may move onto it; a second tap follows the link.
(() => {
  const node = document.getElementById("glossary-hints");
  if (!node) return;
  const hints = JSON.parse(node.textContent);
  const MARGIN = 12; // pixels between the hint and the edge of the window
  const PATIENCE_MS = 180; // time to move from the word to its hint

  const tip = document.createElement("div");
  tip.className = "glossary-hint";
  tip.id = "glossary-hint";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  let shownFor = null;
  let leaving = 0;

  function show(link) {
    clearTimeout(leaving);
    if (shownFor === link) return;
    hide();
    const [term, meaning] = hints[link.getAttribute("href")];
    const name = document.createElement("strong");
    name.textContent = term;
    tip.replaceChildren(name, ` ${meaning}`);
    tip.hidden = false;
    const word = link.getClientRects()[0];
    const wide = document.documentElement.clientWidth;
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.max(MARGIN, Math.min(word.left, wide - width - MARGIN));
    const above = word.top - height - 6;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${(above > MARGIN ? above : word.bottom + 6) + scrollY}px`;
    link.setAttribute("aria-describedby", tip.id);
    shownFor = link;
  }

  function hide() {
    clearTimeout(leaving);
    shownFor?.removeAttribute("aria-describedby");
    shownFor = null;
    tip.hidden = true;
  }

  const hideSoon = () => {
    clearTimeout(leaving);
    leaving = setTimeout(hide, PATIENCE_MS);
  };

  for (const link of document.querySelectorAll("article a.reference.internal")) {
    if (!hints[link.getAttribute("href")]) continue;
    link.classList.add("term");
    let touched = false;
    link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(link));
    link.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hideSoon());
    link.addEventListener("pointerdown", (event) => { touched = event.pointerType !== "mouse" && shownFor !== link; });
    link.addEventListener("focus", () => link.matches(":focus-visible") && show(link));
    link.addEventListener("blur", hideSoon);
    link.addEventListener("click", (event) => {
      if (!touched) return;
      touched = false;
      event.preventDefault();
      show(link);
    });
  }
  tip.addEventListener("pointerenter", () => clearTimeout(leaving));
  tip.addEventListener("pointerleave", hideSoon);
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("pointerdown", (event) => shownFor && !tip.contains(event.target) && !shownFor.contains(event.target) && hide());
  addEventListener("resize", hide);
})();
