// Lists in which several are decided together: the words of the question name how many.
import { fill } from "../js/texts.js";

document.querySelectorAll("[data-js-value]").forEach((field) => (field.value = field.dataset.jsValue));
document.addEventListener("htmx:load", (event) =>
  event.detail.elt.querySelectorAll?.("[data-js-value]").forEach((field) => (field.value = field.dataset.jsValue)),
);
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest("[data-confirm-count]");
    if (!button) return;
    const count = button.form.querySelectorAll("[data-pick]:checked").length;
    button.dataset.confirm = fill(button.dataset.confirmCount, { count });
  },
  true,
);
