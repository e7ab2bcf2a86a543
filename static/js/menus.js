// Menus are <details>: they open without scripts. Here: one at a time, Esc, click elsewhere, arrow keys.

const open = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  open().forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

document.addEventListener("focusin", (event) => {
  open().forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu]");
  if (event.key === "Escape" && open().length) {
    open().forEach((one) => {
      one.open = false;
    });
    menu?.querySelector("summary").focus();
    event.stopPropagation();
    return;
  }
  if (!menu || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  event.preventDefault();
  menu.open = true;
  const items = [...menu.querySelectorAll(".list :is(a, button)")].filter((item) => item.offsetParent);
  const at = items.indexOf(document.activeElement);
  const step = event.key === "ArrowDown" ? 1 : -1;
  items[(at + step + items.length) % items.length]?.focus();
});
