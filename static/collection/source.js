// Fields that only some choices need: [data-if="shape=pages&paging=offset,page_number"]. What is hidden keeps its value.
const form = document.querySelector("form[data-depends]");

function showDependents() {
  const data = new FormData(form);
  form.querySelectorAll("[data-if]").forEach((part) => {
    const isWrong = part.querySelector(".has-err") !== null;
    const isNeeded = part.dataset.if.split("&").every((condition) => {
      const [name, values] = condition.split("=");
      return values.split(",").includes(data.get(name));
    });
    part.hidden = !isNeeded && !isWrong;
  });
}

form.addEventListener("change", showDependents);
showDependents();
