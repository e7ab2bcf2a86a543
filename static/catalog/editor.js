// The editor of an entry: fields that depend on each other, citations, search as you type, and what a save brings back.
import { of as autosaveOf } from "../js/autosave.js";
import { vendor } from "../js/vendor.js";
import { text } from "../js/texts.js";

const form = document.getElementById("entry");
const notice = document.getElementById("edit-notice");
const WAIT = 300;

function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

function changed(element) {
  element.dispatchEvent(new Event("input", { bubbles: true }));
}

// Fields that only some choices need: [data-if="sharing=conditional,withheld"]. What is hidden keeps its text.
function showDependents() {
  const data = new FormData(form);
  document.querySelectorAll("[data-if]").forEach((part) => {
    const [name, values] = part.dataset.if.split("=");
    const isNeeded = values.split(",").includes(data.get(name));
    const holdsText = [...part.querySelectorAll("input:not([type=radio]), textarea")].some((field) => field.value.trim());
    part.hidden = !isNeeded && !holdsText;
  });
}

// Format types follow the class.
function fitTypes() {
  const chosen = form.querySelector("[data-format-class]");
  const types = form.querySelector("[data-format-type]");
  if (!chosen || !types) return;
  const wanted = chosen.selectedOptions[0]?.text;
  types.querySelectorAll("optgroup").forEach((group) => {
    const fits = !chosen.value || group.label === wanted;
    group.hidden = !fits;
    group.disabled = !fits;
  });
  const group = types.selectedOptions[0]?.parentElement;
  if (chosen.value && group?.matches("optgroup") && group.disabled) types.value = "";
  const only = [...types.querySelectorAll("optgroup:not([disabled]) option")];
  if (chosen.value && only.length === 1) types.value = only[0].value;
}

// Citations: rows of document and article, and a picker that fills one.
function citations() {
  const box = form.querySelector("[data-citations]");
  if (!box) return;
  box.querySelectorAll(".nojs-only").forEach((row) => row.remove());
  let next = box.querySelectorAll(".citation").length;
  const rows = () => [...box.querySelectorAll(".citation")];
  const add = (document_ = "", article = "") => {
    const row = copyOf("tpl-citation");
    row.querySelectorAll("[id], [name], [for]").forEach((part) => {
      ["id", "name", "for"].forEach((name) => {
        if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replace("__N__", next));
      });
    });
    next += 1;
    const [first, second] = row.querySelectorAll("input");
    first.value = document_;
    second.value = article;
    box.append(row);
    return first;
  };
  const picker = form.querySelector("[data-citation-register]");
  picker?.addEventListener("change", () => {
    if (!picker.value) return;
    const [name, article] = picker.value.split("|");
    const present = rows().some((row) => {
      const [first, second] = row.querySelectorAll("input");
      return first.value === name && second.value === article;
    });
    if (picker.tomselect) picker.tomselect.clear(true);
    else picker.value = "";
    if (!present) changed(add(name, article));
  });
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-citation-add]")) add().focus();
    const remove = event.target.closest("[data-citation-remove]");
    if (remove) {
      remove.closest(".citation").remove();
      changed(form);
      form.querySelector("[data-citation-add]").focus();
    }
  });
  form.addEventListener("autosave:restore", ({ detail }) => {
    rows().forEach((row) => row.remove());
    [...detail.values.keys()].filter((name) => /^legal_basis-\d+-document$/.test(name)).forEach((name) => {
      const row = add(detail.values.get(name)[0], detail.values.get(name.replace("document", "article"))?.[0]);
      row.closest(".citation").querySelectorAll("input").forEach((input, at) => (input.name = at ? name.replace("document", "article") : name));
    });
  });
}

// Search as you type.
async function find(url, wanted, signal) {
  const address = new URL(url, location.href);
  address.searchParams.set("q", wanted);
  const response = await fetch(address, { headers: { Accept: "application/json" }, signal });
  return response.ok ? (await response.json()).results : [];
}

async function relatedPicker() {
  const select = form.querySelector("select[data-find]");
  if (!select) return;
  select.classList.remove("js-only");
  const TomSelect = await vendor("tom-select", "TomSelect");
  const line = (row, escape) => `<div>${escape(row.text)}${row.note ? `<span class="sub ms-2">${escape(row.note)}</span>` : ""}</div>`;
  const picker = new TomSelect(select, {
    valueField: "value",
    labelField: "text",
    searchField: [],
    plugins: ["remove_button"],
    hidePlaceholder: true,
    closeAfterSelect: true,
    shouldLoad: (wanted) => [...wanted.trim()].length > 1,
    load: (wanted, done) => {
      picker.clearOptions();
      find(select.dataset.find, wanted).then(done, () => done());
    },
    render: {
      option: line,
      item: (row, escape) => `<div>${escape(row.text)}</div>`,
      no_results: (data, escape) => `<div class="no-results">${escape(select.dataset.empty)}</div>`,
    },
  });
  const label = form.querySelector(`label[for="${select.id}-ts-control"], label[for="${select.id}"]`);
  if (label) select.setAttribute("aria-label", label.textContent.trim());
  picker.control_input.setAttribute("aria-describedby", "id_related_helptext");
}

function similarNames() {
  const box = document.getElementById("similar");
  const field = form.querySelector("[data-entry-title]");
  if (!box || !field) return;
  let timer;
  let request;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      request?.abort();
      request = new AbortController();
      const wanted = field.value.trim().replace(/(信息|数据)$/, "");
      const found = [...wanted].length > 2 ? await find(box.dataset.similar, wanted, request.signal).catch(() => null) : [];
      if (!found) return;
      box.hidden = found.length === 0;
      box.querySelector("ul").replaceChildren(
        ...found.slice(0, 5).map((row) => {
          const item = document.createElement("li");
          const link = Object.assign(document.createElement("a"), { href: `/catalog/${row.value}/`, target: "_blank", rel: "noopener", textContent: row.text });
          const note = Object.assign(document.createElement("span"), { className: "sub", textContent: ` ${row.note}` });
          item.append(link, note);
          return item;
        }),
      );
    }, WAIT);
  });
}

// What a save brings back

function showFieldRemarks(remarks) {
  const byName = new Map();
  remarks.forEach((one) => byName.set(one.name, [...(byName.get(one.name) ?? []), one]));
  form.querySelectorAll(".field[id$=_field]").forEach((field) => {
    const name = field.id.replace(/^id_|_field$/g, "");
    const inner = field.querySelector(":scope > div");
    if (!inner) return;
    const wasMarked = Boolean(inner.querySelector(":scope > .err"));
    inner.querySelectorAll(":scope > .err, :scope > .errline").forEach((line) => line.remove());
    const control = field.querySelector(".form-control, .form-select, .ts-control input");
    const described = (control?.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && !/_(error|hint)$/.test(id));
    // What is merely missing is not held against somebody who is still filling the form in.
    const said = (byName.get(name) ?? []).filter((one) => one.code !== "required" || wasMarked);
    const errors = said.filter((one) => one.level === "error");
    const shown = errors.length ? errors : said;
    field.classList.toggle("has-err", errors.length > 0);
    control?.toggleAttribute("aria-invalid", false);
    if (shown.length) {
      const level = errors.length ? "error" : "hint";
      const line = copyOf(`tpl-field-${level}`);
      line.id = `id_${name}_${level}`;
      line.querySelector("[data-text]").textContent = shown.map((one) => one.message).join(" ");
      inner.append(line);
      described.push(line.id);
      if (errors.length) control?.setAttribute("aria-invalid", "true");
    }
    if (described.length) control?.setAttribute("aria-describedby", described.join(" "));
    else control?.removeAttribute("aria-describedby");
  });
}

// On a phone the steps stand in one row: bring the current one into sight.
function showCurrentStep() {
  const current = document.querySelector("#edit-steps [aria-current]");
  const row = current?.closest("ol");
  if (row) row.scrollLeft += current.getBoundingClientRect().left - row.getBoundingClientRect().left - 16;
}

function renew(answer) {
  Object.entries(answer.html ?? {}).forEach(([id, html]) => {
    const part = document.getElementById(id);
    if (!part) return;
    const held = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.innerHTML = html;
    if (id === "edit-steps") showCurrentStep();
    if (held) part.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
  });
  if (answer.fields) showFieldRemarks(answer.fields);
  const base = form.elements.base;
  if (base && (answer.base || answer.items_base)) {
    const known = base.value ? JSON.parse(base.value) : {};
    base.value = JSON.stringify({ ...known, ...answer.base, ...(answer.items_base ? { items: answer.items_base } : {}) });
  }
  if (answer.is_submittable !== undefined) {
    document.querySelectorAll("[data-submits]").forEach((button) => {
      if (answer.is_submittable) button.removeAttribute("aria-disabled");
      else button.setAttribute("aria-disabled", "true");
    });
    document.querySelectorAll("[data-submits-why]").forEach((line) => (line.hidden = answer.is_submittable));
  }
  notice.replaceChildren();
  form.querySelector(".form-errors")?.remove();
}

form?.addEventListener("autosave:saved", ({ detail }) => renew(detail));
form?.addEventListener("autosave:refused", ({ detail }) => detail.fields && showFieldRemarks(detail.fields));
form?.addEventListener("autosave:conflict", ({ detail }) => {
  if (detail.notice) notice.innerHTML = detail.notice;
});
form?.addEventListener("autosave:signed-out", () => notice.replaceChildren(copyOf("tpl-signed-out")));
form?.addEventListener("autosave:never", () => notice.replaceChildren(copyOf("tpl-secret")));

// A remark leads to its field; on the same step without loading the page again.
function focusPlace(id) {
  const place = document.getElementById(id);
  if (!place) return false;
  const wanted =
    place.querySelector("[aria-invalid=true]") ??
    place.querySelector("td :is(input, select), .ts-control input, input:not([type=hidden]):checked, input:not([type=hidden]), select, textarea");
  place.scrollIntoView({ block: "center" });
  wanted?.focus({ preventScroll: true });
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("#edit-side a[href*='#'], .form-errors a[href^='#']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.pathname === location.pathname && focusPlace(link.hash.slice(1))) event.preventDefault();
});

showCurrentStep();

if (form?.dataset.autosave) {
  form.addEventListener("input", showDependents);
  form.addEventListener("change", showDependents);
  form.querySelector("[data-format-class]")?.addEventListener("change", fitTypes);
  form.addEventListener("change", (event) => {
    if (event.target.name === "secrecy" && autosaveOf(form) && !autosaveOf(form).isForbidden) notice.replaceChildren();
  });
  const title = form.querySelector("[data-entry-title]");
  title?.addEventListener("input", () => {
    const shown = document.querySelector("[data-entry-name]");
    if (shown && title.value.trim()) shown.textContent = title.value.trim();
  });
  const countRows = () =>
    document.querySelectorAll("[data-items-count]").forEach((place) => (place.textContent = form.querySelectorAll("tr[data-row]").length));
  form.addEventListener("input", countRows);
  showDependents();
  fitTypes();
  citations();
  relatedPicker();
  similarNames();
  if (location.hash) addEventListener("load", () => setTimeout(() => focusPlace(location.hash.slice(1)), 100));
}
