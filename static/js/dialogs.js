// Dialogs that a button opens, and the one that asks before an irreversible act.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (!opener) return;
  const dialog = document.getElementById(opener.dataset.opens);
  if (dialog?.showModal) {
    event.preventDefault();
    dialog.showModal();
  }
});

/**
 * Ask with the words of an element's data-confirm, -title, -yes, -no, -tone attributes and, below them, what the
 * <template> elements hold that -more selects; resolves to true or false.
 */
export function ask(source) {
  const dialog = document.getElementById("confirm");
  const title = dialog.querySelector("h2");
  const yes = dialog.querySelector("[data-yes]");
  const no = dialog.querySelector("[data-no]");
  const { confirm, confirmMore, confirmTitle, confirmYes, confirmNo, confirmTone } = source.dataset;
  title.textContent = confirmTitle || title.dataset.default;
  dialog.querySelector("#confirm-text").textContent = confirm;
  const more = confirmMore ? [...document.querySelectorAll(confirmMore)] : [];
  dialog.querySelector("#confirm-more").replaceChildren(...more.map((one) => one.content.cloneNode(true)));
  yes.textContent = confirmYes || yes.dataset.default;
  no.textContent = confirmNo || no.dataset.default;
  yes.classList.toggle("btn-return", confirmTone === "bad");
  yes.classList.toggle("btn-primary", confirmTone !== "bad");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

// A form, or the button that sends it, carries data-confirm.
const agreed = new WeakSet();
document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    const source = event.submitter?.dataset.confirm ? event.submitter : form.dataset.confirm ? form : null;
    if (!source || agreed.has(form)) {
      agreed.delete(form);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    if (await ask(source)) {
      agreed.add(form);
      form.requestSubmit(submitter ?? undefined);
    } else {
      submitter?.focus();
    }
  },
  true,
);

// Elements that htmx sends by themselves.
document.addEventListener("htmx:confirm", async (event) => {
  const source = event.detail.elt;
  if (!source.dataset.confirm || source.tagName === "FORM") return;
  event.preventDefault();
  if (await ask(source)) event.detail.issueRequest(true);
});
