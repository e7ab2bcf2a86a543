// Entry of every page: what is always there, and what a page asks for by its attributes.
import "./requests.js";
import "./menus.js";
import "./dialogs.js";
import "./shortcuts.js";
import { enhanceForms } from "./forms.js";
import { enhanceLists } from "./lists.js";

const loaders = [
  ["[data-chart]", () => import("./charts.js")],
  ["[data-tom]", () => import("./pick.js")],
  ["form[data-autosave]", () => import("./autosave.js")],
  ["[data-grid]", () => import("./items-grid.js")],
  ["form[data-parts]", () => import("./upload.js")],
  ["[data-copy]", () => import("./copy.js")],
  ["[role=tablist]", () => import("./tabs.js")],
];

/** Bring a page, or a part that htmx has just put in, to life. Every step may run twice on the same element. */
export async function enhance(root) {
  enhanceForms(root);
  enhanceLists(root);
  for (const [selector, load] of loaders) {
    const found = [...root.querySelectorAll(selector)];
    if (root.matches?.(selector)) found.unshift(root);
    if (found.length) (await load()).enhance(found);
  }
}

// Tests, and whoever drives the page from outside, wait for html[data-ready].
enhance(document.documentElement).then(() => (document.documentElement.dataset.ready = ""));
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) enhance(event.detail.elt);
});
