// The review pages: words that name a count, the comment under the pointer, what is folded, toasts after a decision.
import { fill } from "../js/texts.js";
import { toast } from "../js/toast.js";

// --- The queue: many at once ---

function enhanceQueue() {
  const queue = document.getElementById("queue");
  if (!queue) return;
  queue.querySelectorAll("[data-js-value]").forEach((field) => (field.value = field.dataset.jsValue));
}
document.addEventListener("change", (event) => event.target.closest("#queue")?.classList.add("is-live"));
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest("[data-confirm-count]");
    if (!button) return;
    const count = button.form.querySelectorAll("[data-pick]:checked").length;
    button.dataset.confirm = fill(button.dataset.confirmCount, { count });
  },
  true,
);

// --- One decision ---

const only = document.getElementById("only-changes");
only?.addEventListener("change", () => {
  document.querySelectorAll("details.dfold").forEach((fold) => (fold.open = !only.checked));
});

// "c" comments on the row one is at: the focused one, the one pointed at, else the first in sight.
let near = null;
document.addEventListener("pointerover", (event) => {
  near = event.target.closest?.("[data-row]") ?? near;
});
const typing = (element) => /^(INPUT|TEXTAREA|SELECT)$/.test(element?.tagName ?? "") || element?.isContentEditable;
function rowAtHand() {
  const focused = document.activeElement.closest?.("[data-row]");
  if (focused) return focused;
  if (near?.isConnected && near.matches(":hover")) return near;
  const target = document.querySelector("[data-row]:target");
  if (target) return target;
  return [...document.querySelectorAll("[data-review] [data-row]")].find((row) => {
    const box = row.getBoundingClientRect();
    return box.height > 0 && box.bottom > 160;
  });
}
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Escape") {
      const form = event.target.closest?.("[data-say-form]");
      if (form) closeForm(form);
      return;
    }
    if (event.key !== "c" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(document.activeElement) || document.querySelector("dialog[open]")) return;
    if (document.body.dataset.shortcuts === "off") return;
    const say = rowAtHand()?.querySelector("[data-say]");
    if (!say) return;
    event.preventDefault();
    say.click();
  },
  true,
);

// A form that is given up goes at once; an empty thread hides with it.
function closeForm(form) {
  const thread = form.closest("[id^=t-]");
  const row = form.closest("[data-row]");
  form.remove();
  if (thread && !thread.querySelector(".cmt")) thread.hidden = true;
  (row?.querySelector("[data-say]") ?? row)?.focus();
}
document.addEventListener("click", (event) => {
  const cancel = event.target.closest("[data-say-cancel]");
  if (!cancel) return;
  event.preventDefault();
  closeForm(cancel.closest("form"));
});

// The contents follow what is in sight.
const links = [...document.querySelectorAll(".toc [data-section]")];
if (links.length) {
  const heads = links.map((link) => document.querySelector(link.hash));
  const follow = () => {
    const edge = 140;
    let at = 0;
    heads.forEach((head, index) => {
      if (head && head.getBoundingClientRect().top < edge) at = index;
    });
    links.forEach((link, index) => (index === at ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  };
  addEventListener("scroll", follow, { passive: true });
  follow();
}

// What was just decided is told at the foot; the page itself is about the next one already.
document.querySelectorAll("#messages [data-toast]").forEach((note) => {
  toast(note.textContent.trim());
  note.remove();
});

enhanceQueue();
document.addEventListener("htmx:load", enhanceQueue);
