// Recording a change: choosing an article of the register fills in document, number and article.

const select = document.querySelector("[data-fills]");
const register = document.querySelector("[data-register]");

select?.addEventListener("change", () => {
  const chosen = register.querySelector(`data[value="${CSS.escape(select.value)}"]`);
  if (!chosen) return;
  for (const [name, value] of [
    ["document", chosen.dataset.document],
    ["document_number", chosen.dataset.number],
    ["article", chosen.dataset.article],
  ]) {
    const field = select.form.elements[name];
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
