// Sends the large files of a form[data-parts] part by part and goes on where they stopped, even in another window.
//   data-parts is the address that begins; small files and browsers without this go the plain way.
import { ask } from "./dialogs.js";
import { csrfToken, renewCsrfToken } from "./requests.js";
import { fill } from "./texts.js";
import { vendor } from "./vendor.js";

const SMALL = 8 * 1024 * 1024;
const TRIES = 6;
const LOOK_EVERY = 3000;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Refused extends Error {
  // The address of the run that another window made of the file.
  constructor(message, run = "") {
    super(message);
    this.run = run;
  }
}
// The answer to the last request is missing: whether the file was taken, only the list of runs tells.
class Unsure extends Error {}

const send = (url, body, headers) =>
  fetch(url, {
    method: "POST",
    body,
    headers: { Accept: "application/json", "X-CSRFToken": csrfToken(), ...headers },
    redirect: "manual",
  }).catch(() => null);

const isSignedOut = (response) => response?.type === "opaqueredirect" || response?.status === 401;

// Whoever signs in again in another window goes on here.
async function comeBack(form) {
  const note = form.querySelector("[data-parts-signed-out]");
  note.hidden = false;
  do await wait(LOOK_EVERY);
  while (!(await renewCsrfToken()));
  note.hidden = true;
}

async function post(form, url, body, headers = {}, tries = TRIES) {
  let isRenewed = false;
  for (let at = 1; ; at += 1) {
    const response = await send(url, body, headers);
    if (isSignedOut(response)) {
      await comeBack(form);
      at = 0;
      continue;
    }
    if (response?.status === 403 && !isRenewed) {
      isRenewed = await renewCsrfToken();
      if (isRenewed) continue;
    }
    if (response?.ok || response?.status === 409) {
      const answer = await response.json().catch(() => null);
      if (answer) return answer;
    } else if (response && response.status < 500) {
      const answer = await response.json().catch(() => ({}));
      throw new Refused(answer.message ?? answer.detail ?? "", answer.run);
    }
    if (at >= tries) throw new Error("lost");
    await wait(500 * 2 ** at);
    // A server that reads no part of somebody unknown may break the connection off before its answer is read.
    if (isSignedOut(await fetch(location.href, { redirect: "manual" }).catch(() => null))) await comeBack(form);
  }
}

// Only a secure page (https, or this machine) has checksums of the browser's own.
async function sha256(bytes) {
  if (!globalThis.crypto?.subtle) return (await vendor("sha256", "sha256"))(new Uint8Array(bytes));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Another file of this name was begun, maybe in a window that is sending it: only its sender gives it up.
async function giveUp(box, begun) {
  if (await ask({ dataset: { ...box.dataset, confirm: begun.message } })) return begun.token;
  throw new Refused(box.dataset.kept);
}

async function begin(form, box, file, instead) {
  const answer = await post(form, form.dataset.parts, new URLSearchParams({ name: file.name, size: file.size, instead }));
  if (answer.url) return answer;
  if (!answer.begun) throw new Refused("");
  return begin(form, box, file, await giveUp(box, answer.begun));
}

async function sendFile(form, box, file, show, finishing, instead = "") {
  const begun = await begin(form, box, file, instead);
  const sums = [];
  for (let at = 0; at < file.size; at += begun.part) {
    const part = await file.slice(at, at + begun.part).arrayBuffer();
    const sum = await sha256(part);
    // What the server has is read here to be compared only.
    if (at + part.byteLength > begun.offset) {
      const type = { "Content-Type": "application/octet-stream" };
      // Where this part has come already, the answer says anew what has: an answer was lost, or another window sends.
      Object.assign(begun, await post(form, `${begun.url}${at}/`, part, type));
      if (begun.offset < at + part.byteLength) throw new Error("lost");
    }
    const come = begun.sums[sums.length];
    // What was begun, or what another window sends, is another file of the same size.
    if (come && come !== sum) return sendFile(form, box, file, show, finishing, await giveUp(box, begun.begun));
    sums.push(sum);
    show(Math.min(at + part.byteLength, file.size));
  }
  finishing();
  const checksum = await sha256(new TextEncoder().encode(sums.join("")));
  const mode = new FormData(form).get("mode") ?? "";
  const ended = await post(form, begun.finish, new URLSearchParams({ sha256: checksum, mode }), {}, 1).catch((error) => {
    throw error instanceof Refused ? error : new Unsure();
  });
  if (!ended.url) throw new Error("lost");
  return ended.url;
}

function choose(input, files) {
  const chosen = new DataTransfer();
  files.forEach((file) => chosen.items.add(file));
  input.files = chosen.files;
}

export function enhance(forms) {
  forms.forEach((form) => {
    if (form.dataset.partsReady) return;
    form.dataset.partsReady = "";
    const box = form.querySelector("[data-parts-progress]");
    const part = (name) => box.querySelector(`[data-${name}]`);
    const [words, said, failed, why, run] = ["words", "said", "failed", "why", "run"].map(part);
    const bar = box.querySelector("progress");
    form.addEventListener("submit", async (event) => {
      const input = form.querySelector("input[type=file]");
      const large = [...input.files].filter((file) => file.size > SMALL);
      if (!large.length) return;
      event.preventDefault();
      const size = large.reduce((sum, file) => sum + file.size, 0);
      const button = form.querySelector("button.btn-primary");
      button.setAttribute("aria-disabled", "true");
      box.hidden = false;
      failed.hidden = true;
      words.hidden = false;
      let told = 0;
      const show = (done) => {
        bar.value = done / size;
        words.textContent = fill(box.dataset.sending, { percent: Math.floor((done / size) * 100) });
        // Said aloud at most every five seconds.
        if (Date.now() - told < 5000 && done < size) return;
        told = Date.now();
        said.textContent = words.textContent;
      };
      const finishing = () => {
        words.textContent = box.dataset.finishing;
        said.textContent = words.textContent;
      };
      try {
        show(0);
        let sent = 0;
        let url = "";
        for (const [at, file] of large.entries()) {
          const before = sent;
          part("file").textContent = file.name;
          part("place").textContent =
            large.length > 1 ? fill(box.dataset.counted, { at: at + 1, count: large.length }) : "";
          url = await sendFile(form, box, file, (done) => show(before + done), finishing);
          sent += file.size;
          // What has come is not sent again, should a later one stop.
          choose(input, [...input.files].filter((one) => one !== file));
        }
        if (input.files.length) form.submit();
        else location.assign(url);
      } catch (error) {
        const text = error instanceof Unsure ? box.dataset.unsure : box.dataset.stopped;
        why.textContent = (error instanceof Refused && error.message) || text;
        said.textContent = why.textContent;
        run.hidden = !error.run;
        if (error.run) run.href = error.run;
        failed.hidden = false;
        words.hidden = true;
        button.removeAttribute("aria-disabled");
      }
    });
  });
}
