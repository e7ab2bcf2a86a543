// A list that htmx replaces keeps what the reader had set up: the open filter sheet, folded facets, their scroll.

let kept = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "browse") return;
  const facets = document.getElementById("facets");
  if (!facets) return;
  kept = {
    isOpen: facets.classList.contains("is-open"),
    scroll: facets.scrollTop,
    folds: Object.fromEntries(
      [...facets.querySelectorAll("details.facet")].map((facet) => [facet.querySelector("ul").id, facet.open]),
    ),
  };
});

// Not before it has settled: until then htmx lends the new elements the attributes of the old ones.
document.addEventListener("htmx:afterSettle", () => {
  const facets = document.getElementById("facets");
  if (!kept || !facets) return;
  for (const facet of facets.querySelectorAll("details.facet")) {
    const { id } = facet.querySelector("ul");
    if (id in kept.folds) facet.open = kept.folds[id];
  }
  if (kept.isOpen) {
    document.querySelector("[data-opens-sheet=facets]")?.click();
  }
  facets.scrollTop = kept.scroll;
  kept = null;
});
