// Keys of the whole product. Letters never fire while typing and can be switched off (body[data-shortcuts="off"]).
//   data-search  the field "/" goes to        data-rows   a list walked with j and k
//   data-go="h"  the link "g h" follows       data-key="c" pressed, or focused if it is a field, by that key
//   rel="prev", rel="next" are [ and ]

const typing = (element) =>
  element?.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element?.tagName) ||
  (element?.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(element.type));
const shown = (element) => element.offsetParent !== null;
const first = (selector) => [...document.querySelectorAll(selector)].find(shown);

function rows() {
  return [...document.querySelectorAll("[data-rows] a.name")].filter(shown);
}

function walk(step) {
  const all = rows();
  if (!all.length) return;
  const row = document.activeElement.closest?.("[data-rows] tr, [data-rows] li");
  const at = all.findIndex((link) => row?.contains(link));
  all[Math.max(0, Math.min(all.length - 1, at + step))].focus();
}

function inRow(selector) {
  const row = document.activeElement.closest?.("[data-rows] tr, [data-rows] li");
  return row ? row.querySelector(selector) : null;
}

function press(element) {
  if (!element) return false;
  if (typing(element)) element.focus();
  else element.click();
  return true;
}

let waiting = false;
let waitTimer;

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form");
    if (form && !form.querySelector("[data-grid]")) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[type=submit].btn-primary:not([aria-disabled=true])") ?? undefined);
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(document.activeElement) || document.querySelector("dialog[open]")) return;
  if (document.body.dataset.shortcuts === "off") return;

  const { key } = event;
  let done = true;
  if (waiting) {
    waiting = false;
    clearTimeout(waitTimer);
    done = press(document.querySelector(`[data-go="${CSS.escape(key)}"]`));
  } else if (key === "g") {
    waiting = true;
    waitTimer = setTimeout(() => (waiting = false), 1500);
  } else if (key === "/") {
    const field = first("main [data-search]") ?? first("[data-search]");
    field?.focus();
    field?.select();
    done = Boolean(field);
  } else if (key === "?") {
    document.getElementById("shortcuts")?.showModal();
  } else if (key === "j") walk(1);
  else if (key === "k") walk(-1);
  else if (key === "e") done = press(inRow(".act :is(a, button)"));
  else if (key === "x") done = press(inRow("input[type=checkbox]"));
  else if (key === "[") done = press(document.querySelector("a[rel=prev]"));
  else if (key === "]") done = press(document.querySelector("a[rel=next]"));
  else done = /^[a-z]$/.test(key) && press(first(`[data-key="${key}"]`));
  if (done) event.preventDefault();
});
