// The pages of a request: conditions on rows, ticks of items, what an autosave refused.
import { fill } from "../js/texts.js";

// --- Conditions ---

document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-condition-add]");
  if (add) {
    event.preventDefault();
    const box = add.closest("section, form");
    const list = box.querySelector("[data-conditions]");
    const at = 1 + Math.max(-1, ...[...list.querySelectorAll("select[name$=-item]")].map((one) => Number(one.name.split("-")[1])));
    const row = box.querySelector("template[data-condition]").innerHTML.replaceAll("__at__", at);
    list.insertAdjacentHTML("beforeend", row);
    list.lastElementChild.querySelector("select").focus();
    return;
  }
  const remove = event.target.closest("[data-condition-remove]");
  if (remove) {
    const row = remove.closest("li");
    const list = row.parentElement;
    const form = remove.closest("form");
    const next = row.nextElementSibling ?? row.previousElementSibling;
    if (next) row.remove();
    else row.querySelectorAll("select[name$=-item], input").forEach((field) => (field.value = ""));
    (next?.querySelector("select") ?? list.querySelector("select"))?.focus();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

// --- Items ---

function countItems() {
  const words = document.querySelector("[data-items-count]");
  if (!words) return;
  const boxes = [...document.querySelectorAll("input[name=items]")];
  words.textContent = fill(words.dataset.words, { count: boxes.filter((one) => one.checked).length, total: boxes.length });
}
document.addEventListener("change", (event) => event.target.matches?.("input[name=items]") && countItems());
document.querySelector("[data-items-all]")?.addEventListener("click", (event) => {
  const boxes = [...document.querySelectorAll("input[name=items]")];
  const isAll = boxes.every((one) => one.checked);
  boxes.forEach((one) => (one.checked = !isAll));
  countItems();
  event.target.closest("form").dispatchEvent(new Event("change", { bubbles: true }));
});

// --- What an autosave could not keep is said at its place ---

document.addEventListener("autosave:saved", ({ detail }) => {
  document.querySelectorAll("[data-error-of]").forEach((line) => {
    const texts = detail.fields?.[line.dataset.errorOf] ?? [];
    line.hidden = texts.length === 0;
    line.querySelector("span").textContent = texts.join(" ");
  });
});
