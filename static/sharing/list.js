// Lists in which several are decided together: the question says how many and names them.
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
    const picked = [...button.form.querySelectorAll("[data-pick]:checked")];
    const names = picked.map((box) => box.dataset.name).join(button.dataset.confirmJoin);
    button.dataset.confirm = fill(button.dataset.confirmCount, { count: picked.length, names });
  },
  true,
);
