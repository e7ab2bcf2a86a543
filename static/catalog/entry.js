// An entry's page: finding rows of its items table, and never more than two revisions chosen.

document.addEventListener("input", (event) => {
  const { findRows, findNone } = event.target.dataset ?? {};
  if (!findRows) return;
  const wanted = event.target.value.trim().toLowerCase();
  const rows = [...document.getElementById(findRows).rows];
  rows.forEach((row) => (row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted)));
  const none = document.getElementById(findNone);
  if (none) none.hidden = rows.some((row) => !row.hidden);
});

const picked = [];
document.addEventListener("change", (event) => {
  if (!event.target.matches("input[data-two]")) return;
  const boxes = [...event.target.form.querySelectorAll("input[data-two]")];
  if (!picked.length) picked.push(...boxes.filter((box) => box.checked && box !== event.target));
  const at = picked.indexOf(event.target);
  if (at >= 0) picked.splice(at, 1);
  if (event.target.checked) picked.push(event.target);
  while (picked.length > 2) picked.shift().checked = false;
});
