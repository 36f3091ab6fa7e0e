// What the printed book needs of a browser before it is printed; chromium_pdf.py calls these.

/** Tell whether the fonts are there and every live figure has drawn itself. */
function allDrawn() {
  const views = document.querySelectorAll("script[type$='widget-view+json']").length;
  const drawn = document.querySelectorAll(".live-figure [data-ready]").length;
  return document.fonts.status === "loaded" && views === drawn;
}

/** Give letters that fit to formulas, tables and figures that are larger than their place. */
function fit(highestFigure) {
  for (const place of document.querySelectorAll(".katex-display")) {
    shrink(place, place.querySelector(".katex-html"));
  }
  for (const place of document.querySelectorAll(".pst-scrollable-table-container")) {
    shrink(place, place.querySelector("table"));
  }
  for (const figure of document.querySelectorAll(".live-figure")) {
    for (let tries = 0; tries < 8 && figure.getBoundingClientRect().height > highestFigure; tries++) {
      figure.style.zoom = getComputedStyle(figure).zoom * 0.93;
    }
  }
}

function shrink(place, inner) {
  for (let tries = 0; tries < 3 && inner.scrollWidth > place.clientWidth + 1; tries++) {
    const size = parseFloat(getComputedStyle(inner).fontSize);
    inner.style.fontSize = `${(size * 0.98 * place.clientWidth) / inner.scrollWidth}px`;
  }
}

/** Write the numbers of the sheets into the table of contents. */
function fill(numbers) {
  for (const line of document.querySelectorAll(".contents-line")) {
    line.querySelector("b").textContent = numbers[line.getAttribute("href").slice(1)];
  }
}

/** List what is wider than the sheet all the same; what only screen readers see takes no room. */
function tooWide() {
  const unseen = ".katex-mathml, .katex-mathml *, .cf-hidden, .cf-hidden *, svg *";
  const edge = document.body.getBoundingClientRect().right + 1;
  return [...document.querySelectorAll("body *")]
    .filter((each) => each.getBoundingClientRect().right > edge && !each.matches(unseen))
    .map((each) => {
      const place = each.closest("[id]")?.id ?? "the book";
      return `${place}: ${each.tagName} ${each.textContent.trim().slice(0, 40)}`;
    });
}
