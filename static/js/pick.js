// Selects with many options get a search box ([data-tom]); words stand in data-empty, data-create.
import { fill } from "./texts.js";
import { vendor } from "./vendor.js";

export async function enhance(selects) {
  const TomSelect = await vendor("tom-select", "TomSelect");
  const escape = (value) => {
    const box = document.createElement("i");
    box.textContent = value;
    return box.innerHTML;
  };
  selects.forEach((select) => {
    if (select.tomselect || !select.isConnected) return;
    const { empty = "", create } = select.dataset;
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    const described = select.getAttribute("aria-describedby");
    const picker = new TomSelect(select, {
      create: create !== undefined,
      hidePlaceholder: true,
      maxOptions: 200,
      plugins: select.multiple ? { remove_button: { title: select.dataset.remove || "" } } : [],
      render: {
        no_results: () => `<div class="no-results">${escape(empty)}</div>`,
        option_create: (data, quote) => `<div class="create">${fill(escape(create ?? ""), { value: quote(data.input) })}</div>`,
      },
    });
    if (label) select.setAttribute("aria-label", label.textContent.trim());
    if (described) picker.control_input.setAttribute("aria-describedby", described);
    if (select.getAttribute("aria-invalid")) picker.control_input.setAttribute("aria-invalid", "true");
  });
}
