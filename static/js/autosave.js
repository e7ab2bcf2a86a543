// Saves a form while it is being filled in: form[data-autosave="/address/"].
//   The form carries edit_version and base; the answer is JSON with edit_version, saved_at and whatever the page
//   listens for in the event "autosave:saved". Refusals arrive as autosave:refused, autosave:conflict,
//   autosave:offline and autosave:signed-out, with the answer in detail.
//   data-autosave-owner   the person; what is typed is kept on this computer under his key until it is saved
//   data-autosave-needs   names of fields without which nothing is sent
//   data-autosave-never   "field=value,value": then nothing is sent nor kept, and autosave:never says so
//   data-autosave-halted  the person has to decide something first: text is kept, not sent
//   data-autosave-unsaved the page shows text that the server has refused
//   [data-autosave-restore] offers what an earlier visit could not send
import { csrfToken, renewCsrfToken } from "./requests.js";

const DEBOUNCE = 1200;
const RETRY = 15000;
const KEEP_EVERY = 250;
const KEEPALIVE_LIMIT = 60000;
const OWN = ["csrfmiddlewaretoken", "edit_version", "base"];

const known = new WeakMap();

export function enhance(forms) {
  forms.forEach((form) => {
    if (!known.has(form)) known.set(form, new Autosave(form));
  });
}

/** Return the autosave of a form. */
export function of(form) {
  return known.get(form);
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.status = document.querySelector(`[data-autosave-status="${form.id}"]`);
    this.moveTo(form.dataset.autosave);
    this.halted = form.hasAttribute("data-autosave-halted");
    this.changed = false;
    this.sending = null;
    form.addEventListener("input", () => this.touch());
    form.addEventListener("change", () => this.touch());
    form.addEventListener("submit", (event) => this.submit(event));
    document.addEventListener("click", (event) => this.leave(event));
    addEventListener("online", () => this.changed && this.save());
    addEventListener("pagehide", () => this.changed && this.keep());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && this.changed) this.save(true);
    });
    if (this.halted || form.hasAttribute("data-autosave-unsaved")) {
      this.changed = true;
      this.keep();
      this.show(this.halted ? "conflict" : "refused");
    } else {
      // The sheet puts its own data together; it may be brought to life after this form.
      setTimeout(() => this.offer());
    }
  }

  moveTo(url) {
    this.url = url;
    this.key = `draft:${this.form.dataset.autosaveOwner ?? ""}:${url}`;
  }

  // What keeps the text from being sent

  get isForbidden() {
    const [name, values = ""] = (this.form.dataset.autosaveNever ?? "").split("=");
    return Boolean(name) && values.split(",").includes(new FormData(this.form).get(name));
  }

  get isReady() {
    const data = new FormData(this.form);
    return (this.form.dataset.autosaveNeeds ?? "").split(" ").filter(Boolean).every((name) => data.get(name));
  }

  touch() {
    this.changed = true;
    if (this.isForbidden) {
      clearTimeout(this.timer);
      clearTimeout(this.keeping);
      this.forget();
      this.changed = false;
      this.emit("never");
      return;
    }
    this.keeping ??= setTimeout(() => this.keep(), KEEP_EVERY);
    if (this.halted) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), DEBOUNCE);
  }

  show(state) {
    this.state = state;
    this.status?.querySelectorAll("[data-state]").forEach((part) => (part.hidden = part.dataset.state !== state));
  }

  emit(name, detail = {}) {
    this.form.dispatchEvent(new CustomEvent(`autosave:${name}`, { bubbles: true, detail }));
  }

  /** Send what is typed; a save under way is waited for, for it brings the version. Returns the state it ended in. */
  async save(isLeaving = false) {
    const isLater = this.sending !== null;
    // Others wait as well, and may have begun the next one when this one goes on.
    while (this.sending) await this.sending;
    if (isLater && (!this.changed || this.halted)) return this.state;
    clearTimeout(this.timer);
    if (this.isForbidden || this.halted) return this.state;
    if (!this.isReady) return "waiting";
    this.changed = false;
    const busy = setTimeout(() => this.show("saving"), 300);
    this.sending = this.send(isLeaving);
    try {
      const [state, answer] = await this.sending;
      clearTimeout(busy);
      if (state === "saved") this.saved(answer);
      else this.fail(state, answer);
    } finally {
      clearTimeout(busy);
      this.sending = null;
    }
    return this.state;
  }

  async send(isLeaving, isSecondTry = false) {
    const body = new FormData(this.form);
    // A file goes when its button is pressed, not each time something is typed.
    [...body].forEach(([name, value]) => typeof value === "string" || body.delete(name));
    const size = [...body.values()].reduce((sum, value) => sum + String(value).length * 3, 0);
    try {
      const response = await fetch(this.url, {
        method: "POST",
        body,
        headers: { "X-CSRFToken": csrfToken(), Accept: "application/json", "X-Autosave": "1" },
        credentials: "same-origin",
        redirect: "manual",
        keepalive: isLeaving && size < KEEPALIVE_LIMIT,
      });
      const answer = await response.json().catch(() => ({}));
      if (response.ok) return ["saved", answer];
      if (response.type === "opaqueredirect" || response.status === 401) return ["signed-out", answer];
      if (response.status === 403 && !isSecondTry && (await renewCsrfToken())) return this.send(isLeaving, true);
      if (response.status === 409) return ["conflict", answer];
      return [response.status >= 500 ? "offline" : "refused", answer];
    } catch {
      return ["offline", {}];
    }
  }

  saved(answer) {
    if (answer.edit_version !== undefined && this.form.elements.edit_version) {
      this.form.elements.edit_version.value = answer.edit_version;
    }
    if (answer.url) {
      this.forget();
      this.moveTo(answer.url);
      this.form.action = answer.url;
      history.replaceState(history.state, "", answer.url);
    }
    const time = this.status?.querySelector("[data-time]");
    if (time && answer.saved_at) time.textContent = answer.saved_at;
    this.show("saved");
    if (!this.changed && answer.is_whole !== false) this.forget();
    this.emit("saved", answer);
  }

  fail(state, answer) {
    this.changed = true;
    this.halted = state === "conflict";
    this.keep();
    this.show(state);
    if (state === "offline") this.timer = setTimeout(() => this.changed && this.save(), RETRY);
    this.emit(state, answer);
  }

  // Going on

  /** Save first, then send: so a lost connection or an ended session leaves the page, and the text, where it is. */
  async submit(event) {
    const isUnsaved = this.changed && !this.halted && this.isReady && !this.isForbidden;
    if (this.isPassing || event.defaultPrevented || !(isUnsaved || this.sending)) {
      clearTimeout(this.timer);
      if (this.changed && !this.isForbidden) this.keep();
      this.isPassing = false;
      this.changed = false;
      return;
    }
    event.preventDefault();
    const { submitter } = event;
    const state = await this.save();
    if (state === "offline" || state === "signed-out") return;
    this.isPassing = true;
    this.form.requestSubmit(submitter?.isConnected === false ? standIn(submitter) : (submitter ?? undefined));
  }

  /** A link that leads away waits for the save; what cannot be saved stays on this computer. */
  async leave(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || !(this.changed || this.sending) || this.halted || event.defaultPrevented || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || link.target || link.origin !== location.origin) return;
    if (link.pathname === location.pathname && link.hash) return;
    event.preventDefault();
    const state = await this.save();
    if (state !== "signed-out") location.assign(link.href);
  }

  // The copy on this computer

  fields() {
    return [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && !OWN.includes(name));
  }

  keep() {
    clearTimeout(this.keeping);
    this.keeping = null;
    if (this.isForbidden) return;
    const base = this.form.elements.base?.value;
    const version = this.form.elements.edit_version?.value;
    try {
      localStorage.setItem(this.key, JSON.stringify({ version, base, fields: this.fields() }));
    } catch {
      // The computer keeps nothing for us; the page still holds the text.
    }
  }

  forget() {
    clearTimeout(this.keeping);
    this.keeping = null;
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Nothing was kept.
    }
  }

  /** Offer what an earlier visit could not send, unless it is what the page shows. */
  offer() {
    let draft;
    try {
      draft = JSON.parse(localStorage.getItem(this.key));
    } catch {
      draft = null;
    }
    if (!draft) return;
    if (comparable(draft.fields) === comparable(this.fields())) {
      this.forget();
      return;
    }
    const note = this.form.querySelector("[data-autosave-restore]") ?? document.querySelector("[data-autosave-restore]");
    if (!note) return;
    note.hidden = false;
    note.querySelector("[data-restore]").addEventListener("click", () => {
      note.hidden = true;
      this.restore(draft);
    });
    note.querySelector("[data-discard]").addEventListener("click", () => {
      note.hidden = true;
      this.forget();
    });
  }

  restore({ fields, base, version }) {
    const values = new Map();
    fields.forEach(([name, value]) => values.set(name, [...(values.get(name) ?? []), value]));
    this.emit("restore", { values });
    [...this.form.elements].forEach((field) => {
      if (!field.name || OWN.includes(field.name)) return;
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = (values.get(field.name) ?? []).includes(field.value);
      } else if (field.tomselect) {
        (values.get(field.name) ?? []).forEach((value) => field.tomselect.addOption({ value, text: value }));
        field.tomselect.setValue(values.get(field.name) ?? [], true);
      } else if (field.multiple && field.options) {
        [...field.options].forEach((option) => (option.selected = (values.get(field.name) ?? []).includes(option.value)));
      } else if (values.has(field.name) && field.type !== "file") {
        [field.value] = values.get(field.name);
      }
    });
    // What others saved since is told apart by what this text was written on.
    if (base && this.form.elements.base) this.form.elements.base.value = base;
    if (version && this.form.elements.edit_version) this.form.elements.edit_version.value = version;
    this.form.querySelectorAll("[data-grid]").forEach((grid) => {
      const rows = values.get(`${grid.dataset.grid}_json`);
      if (rows) grid.dispatchEvent(new CustomEvent("grid:load", { detail: JSON.parse(rows[0]) }));
    });
    this.form.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/** A button that a save has replaced is pressed by its like. */
function standIn(button) {
  const like = button.cloneNode();
  like.hidden = true;
  document.body.append(like);
  return like;
}

/** Bring fields into a form that two visits share: rows of a sheet without their passing keys. */
function comparable(fields) {
  const rows = (text) => JSON.stringify(JSON.parse(text).map(({ id, key, ...cells }) => cells));
  return JSON.stringify(
    fields
      .map(([name, value]) => [name, name.endsWith("_json") ? rows(value) : value.replace(/\r\n?/g, "\n").trim()])
      .filter(([, value]) => value !== "")
      .sort(),
  );
}
