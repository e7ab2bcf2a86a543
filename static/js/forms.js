// Small help for forms: counters, shown passwords, disabled buttons that explain themselves, warning on leaving,
// nothing sent twice.

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

// A form goes once: a second click, or Enter held down, sends nothing more until the page is drawn anew. Whoever stops
// the sending, or comes back to the page, may send again; the server carries it out once in any case.
const PATIENCE = 15_000;

function release(form) {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const isSent = event.submitter?.getAttribute("formmethod") ?? form.getAttribute("method") ?? "get";
  if (event.defaultPrevented || isSent.toLowerCase() !== "post" || form.getAttribute("target")) return;
  if ("sent" in form.dataset) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "";
  form.setAttribute("aria-busy", "true");
  setTimeout(release, PATIENCE, form);
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));
