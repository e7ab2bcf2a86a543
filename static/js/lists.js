// Lists: selecting rows, filters that apply at once, the filter sheet on phones, finding within a facet.

export function enhanceLists(root) {
  root.querySelectorAll("[data-select]").forEach(countSelected);
}

function countSelected(list) {
  const boxes = [...list.querySelectorAll("tbody input[type=checkbox][data-pick]")];
  const chosen = boxes.filter((box) => box.checked);
  boxes.forEach((box) => box.closest("tr").classList.toggle("is-sel", box.checked));
  const all = list.querySelector("[data-pick-all]");
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
  }
  const foot = list.querySelector("[data-selected]");
  if (!foot) return;
  foot.hidden = chosen.length === 0;
  list.querySelectorAll("[data-unselected]").forEach((part) => (part.hidden = chosen.length > 0));
  foot.querySelectorAll("[data-selected-count]").forEach((place) => (place.textContent = chosen.length));
}

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-select]");
  if (list && event.target.matches("[data-pick-all]")) {
    list.querySelectorAll("tbody input[data-pick]").forEach((box) => (box.checked = event.target.checked));
  }
  if (list) countSelected(list);
  // A filter form sends itself; htmx or the browser carries it out.
  const form = event.target.form;
  if (form?.matches("[data-instant]") && !event.target.matches("[type=search], [type=text], [data-pick], [data-pick-all]")) {
    form.requestSubmit();
  }
});

document.addEventListener("input", (event) => {
  const { findIn } = event.target.dataset ?? {};
  if (!findIn) return;
  const wanted = event.target.value.trim().toLowerCase();
  document.querySelectorAll(`#${CSS.escape(findIn)} > li`).forEach((row) => {
    row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted) && !row.querySelector(":checked");
  });
});

// The sheet is the same element as the column; it opens on narrow screens only.
let opener;
function closeSheet(sheet) {
  sheet.classList.remove("is-open");
  sheet.removeAttribute("role");
  sheet.removeAttribute("aria-modal");
  opener?.setAttribute("aria-expanded", "false");
  opener?.focus();
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opens-sheet]");
  if (button) {
    opener = button;
    const sheet = document.getElementById(button.dataset.opensSheet);
    sheet.classList.add("is-open");
    sheet.setAttribute("role", "dialog");
    sheet.setAttribute("aria-modal", "true");
    button.setAttribute("aria-expanded", "true");
    sheet.querySelector("button").focus();
    return;
  }
  const close = event.target.closest("[data-sheet-close]");
  if (close) closeSheet(close.closest("[data-sheet]"));
});
document.addEventListener("keydown", (event) => {
  const sheet = document.querySelector("[data-sheet].is-open");
  if (sheet && event.key === "Escape") closeSheet(sheet);
});
