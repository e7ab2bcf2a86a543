// Calls the interface with the session of whoever looks at the page, and shows the answer beside the form.
const form = document.querySelector("[data-console]");
const answer = form.querySelector("[data-answer]");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const address = new URL(form.elements.grant.selectedOptions[0].dataset.address, window.location.origin);
  for (const [name, value] of new FormData(form)) {
    if (value) address.searchParams.set(name, value);
  }
  answer.hidden = false;
  const status = answer.querySelector("[data-status]");
  const body = answer.querySelector("[data-body]");
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    status.textContent = `${response.status} ${address.pathname}${address.search}`;
    body.textContent = JSON.stringify(await response.json(), null, 2);
  } catch {
    status.textContent = form.dataset.failed;
    body.textContent = "";
  }
});
