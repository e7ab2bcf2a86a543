// Small help for forms: counters, shown passwords, disabled buttons that explain themselves, warning on leaving.

export function enhanceForms(root) {
  root.querySelectorAll("[data-counter]").forEach((counter) => {
    const field = document.getElementById(counter.dataset.counter);
    const used = counter.querySelector("[data-used]");
    field?.addEventListener("input", () => (used.textContent = [...field.value].length));
  });
  root.querySelectorAll("form[data-unsaved]").forEach((form) => {
    form.addEventListener("input", () => dirty.add(form));
    form.addEventListener("submit", () => dirty.delete(form));
  });
}

const dirty = new Set();
addEventListener("beforeunload", (event) => {
  if ([...dirty].some((form) => form.isConnected)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const disabled = event.target.closest("[aria-disabled=true]");
  if (disabled) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  const eye = event.target.closest("[data-reveals]");
  if (eye) {
    const field = document.getElementById(eye.dataset.reveals);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    eye.setAttribute("aria-pressed", String(!shown));
  }
  // A one-click remedy beside an error: puts a value into a field.
  const fix = event.target.closest("[data-fix-field]");
  if (fix) {
    const field = document.getElementById(fix.dataset.fixField);
    if (field) {
      field.value = fix.dataset.fixValue;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
      field.focus();
    }
  }
}, true);
