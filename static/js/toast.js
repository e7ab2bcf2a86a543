// A short line at the foot of the page; it stays ten seconds, longer while pointed at or focused.

const STAY = 10000;

/** Show a line; `link` may give {url, label}. Returns the element. */
export function toast(message, link = null, onLink = null) {
  const region = document.getElementById("toasts");
  const line = document.getElementById("tpl-toast").content.firstElementChild.cloneNode(true);
  line.querySelector("[data-text]").textContent = message;
  const anchor = line.querySelector("[data-link]");
  if (link?.label) {
    anchor.hidden = false;
    anchor.href = link.url ?? "#";
    anchor.textContent = link.label;
    if (onLink) {
      anchor.addEventListener("click", (event) => {
        event.preventDefault();
        onLink();
        line.remove();
      });
    }
  }
  let timer;
  const leave = () => (timer = setTimeout(() => line.remove(), STAY));
  const stay = () => clearTimeout(timer);
  line.addEventListener("mouseenter", stay);
  line.addEventListener("focusin", stay);
  line.addEventListener("mouseleave", leave);
  line.addEventListener("focusout", leave);
  line.querySelector(".close").addEventListener("click", () => line.remove());
  region.append(line);
  leave();
  return line;
}

// The server asks for one with the header HX-Trigger: {"toast": {"message": …, "url": …, "label": …}}.
document.addEventListener("toast", (event) => {
  const { message, url, label } = event.detail;
  toast(message, label ? { url, label } : null);
});
