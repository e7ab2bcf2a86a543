// A button that copies the text of an element: `data-copy` names it, `data-copied` and `data-not-copied` say how it went.
import { toast } from "./toast.js";

/** Select the whole text of an element, as whoever copies by hand would. */
function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

/** Copy; without TLS browsers have no clipboard for scripts but the old command, which copies what is selected. */
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    select(element);
    return document.execCommand("copy");
  }
}

export function enhance(found) {
  for (const button of found) {
    if (button.dataset.copyReady) continue;
    button.dataset.copyReady = "true";
    button.addEventListener("click", async () => {
      const isCopied = await copy(document.getElementById(button.dataset.copy));
      toast(isCopied ? button.dataset.copied : button.dataset.notCopied);
    });
  }
}
