// htmx: CSRF, progress, refusals, focus.
import { text } from "./texts.js";
import { toast } from "./toast.js";

const BAR_AFTER = 300;
const WORDS_AFTER = 5000;

export function csrfToken() {
  return document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

/** After somebody signed in again elsewhere, the page's token is stale: fetch a new one. Says whether the page is given. */
export async function renewCsrfToken() {
  const page = await fetch(location.href, { redirect: "manual" }).catch(() => null);
  if (!page?.ok) return false;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  const token = fresh.querySelector("meta[name=csrf-token]")?.content;
  if (!token || token === csrfToken()) return false;
  document.querySelector("meta[name=csrf-token]").content = token;
  document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => (input.value = token));
  return true;
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
});

// Nothing is shown below 300 ms, then the bar, past five seconds words.
let running = 0;
let barTimer;
let wordsTimer;
document.addEventListener("htmx:beforeRequest", (event) => {
  event.target.closest?.("[data-busy]")?.setAttribute("aria-busy", "true");
  if (running++) return;
  barTimer = setTimeout(() => document.getElementById("loadbar").classList.add("is-on"), BAR_AFTER);
  wordsTimer = setTimeout(() => toast(text("tpl-slow")), WORDS_AFTER);
});
document.addEventListener("htmx:afterRequest", (event) => {
  event.target.closest?.("[data-busy]")?.removeAttribute("aria-busy");
  running = Math.max(0, running - 1);
  if (running) return;
  clearTimeout(barTimer);
  clearTimeout(wordsTimer);
  document.getElementById("loadbar").classList.remove("is-on");
});

// A refusal is not a form with errors: it goes to the message region, so that nothing typed is replaced.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, serverResponse } = event.detail;
  if (xhr.status === 422 && /^\s*<[a-z]+[^>]*\bdata-problem=/i.test(serverResponse)) {
    event.detail.target = document.getElementById("messages");
    event.detail.swapOverride = "innerHTML show:window:top";
  }
});
document.addEventListener("htmx:sendError", () => toast(text("tpl-offline")));
document.addEventListener("htmx:timeout", () => toast(text("tpl-offline")));
document.addEventListener("htmx:swapError", () => toast(text("tpl-unsent")));

// After a refusal the eye goes to its first line, after a change of page to the heading.
function settleFocus(root, pushed) {
  const wanted = root.matches?.("[data-focus]") ? root : root.querySelector("[data-focus]");
  if (wanted) {
    wanted.focus();
    wanted.scrollIntoView({ block: "nearest" });
  } else if (pushed && root.contains(document.querySelector("h1"))) {
    document.querySelector("h1").focus();
  }
}
document.addEventListener("htmx:afterSettle", (event) => settleFocus(event.detail.elt, Boolean(event.detail.pathInfo)));
settleFocus(document.body, false);
