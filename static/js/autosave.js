// Saves a form while it is being filled in: form[data-autosave="/address/"].
//   The form carries edit_version; the answer is JSON with edit_version, saved_at and whatever the page listens for
//   in the event "autosave:saved". What cannot be sent is kept on this computer, under the person's own key
//   (data-autosave-owner), and offered again in [data-autosave-restore].
import { csrfToken } from "./requests.js";

const DEBOUNCE = 1200;
const RETRY = 15000;

export function enhance(forms) {
  forms.forEach((form) => {
    if (!form.dataset.autosaveReady) new Autosave(form);
  });
}

class Autosave {
  constructor(form) {
    form.dataset.autosaveReady = "1";
    this.form = form;
    this.url = form.dataset.autosave;
    this.key = `draft:${form.dataset.autosaveOwner ?? ""}:${this.url}`;
    this.status = document.querySelector(`[data-autosave-status="${form.id}"]`);
    this.changed = false;
    this.sending = null;
    form.addEventListener("input", () => this.touch());
    form.addEventListener("change", () => this.touch());
    form.addEventListener("submit", () => {
      clearTimeout(this.timer);
      if (this.changed) this.keep("submitted");
      this.changed = false;
    });
    addEventListener("online", () => this.changed && this.save());
    addEventListener("pagehide", () => this.changed && this.keep("left"));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && this.changed) this.save();
    });
    this.offer();
  }

  get version() {
    return Number(this.form.elements.edit_version?.value ?? 0);
  }

  touch() {
    this.changed = true;
    if (this.halted) {
      this.keep("conflict");
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), DEBOUNCE);
  }

  show(state) {
    this.status?.querySelectorAll("[data-state]").forEach((part) => (part.hidden = part.dataset.state !== state));
  }

  async save() {
    if (this.sending) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.changed = false;
    this.again = false;
    const body = new FormData(this.form);
    const busy = setTimeout(() => this.show("saving"), 300);
    this.sending = fetch(this.url, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json", "X-Autosave": "1" },
      credentials: "same-origin",
      redirect: "manual",
    });
    try {
      const response = await this.sending;
      clearTimeout(busy);
      if (response.ok) this.saved(await response.json());
      else if (response.status === 409) this.fail("conflict", true);
      else if (response.status >= 500) this.fail("offline");
      else this.fail("refused");
    } catch {
      clearTimeout(busy);
      this.fail("offline");
    } finally {
      this.sending = null;
      if (this.again && !this.halted) this.save();
    }
  }

  saved(answer) {
    if (answer.edit_version !== undefined && this.form.elements.edit_version) {
      this.form.elements.edit_version.value = answer.edit_version;
    }
    const time = this.status?.querySelector("[data-time]");
    if (time && answer.saved_at) time.textContent = answer.saved_at;
    this.show("saved");
    if (!this.changed) this.forget();
    this.form.dispatchEvent(new CustomEvent("autosave:saved", { bubbles: true, detail: answer }));
  }

  fail(state, halt = false) {
    this.changed = true;
    this.halted = halt;
    this.keep(state);
    this.show(state);
    if (state === "offline") this.timer = setTimeout(() => this.changed && this.save(), RETRY);
    this.form.dispatchEvent(new CustomEvent(`autosave:${state}`, { bubbles: true }));
  }

  keep(reason) {
    const fields = [...new FormData(this.form)].filter(
      ([name, value]) => typeof value === "string" && !["csrfmiddlewaretoken", "edit_version"].includes(name),
    );
    try {
      localStorage.setItem(this.key, JSON.stringify({ version: this.version, reason, fields }));
    } catch {
      // The computer keeps nothing for us; the page still holds the text.
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Nothing was kept.
    }
  }

  /** Offer what an earlier visit could not send. A text that has been saved since is dropped. */
  offer() {
    let draft;
    try {
      draft = JSON.parse(localStorage.getItem(this.key));
    } catch {
      draft = null;
    }
    if (!draft) return;
    if (draft.reason !== "conflict" && draft.version < this.version) {
      this.forget();
      return;
    }
    const note = this.form.querySelector("[data-autosave-restore]") ?? document.querySelector("[data-autosave-restore]");
    if (!note) return;
    note.hidden = false;
    note.querySelector("[data-restore]").addEventListener("click", () => {
      note.hidden = true;
      this.restore(draft.fields);
    });
    note.querySelector("[data-discard]").addEventListener("click", () => {
      note.hidden = true;
      this.forget();
    });
  }

  restore(fields) {
    const values = new Map();
    fields.forEach(([name, value]) => values.set(name, [...(values.get(name) ?? []), value]));
    [...this.form.elements].forEach((field) => {
      if (!field.name || ["csrfmiddlewaretoken", "edit_version"].includes(field.name)) return;
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = (values.get(field.name) ?? []).includes(field.value);
      } else if (field.tomselect) {
        field.tomselect.setValue(values.get(field.name) ?? [], true);
      } else if (field.multiple && field.options) {
        [...field.options].forEach((option) => (option.selected = (values.get(field.name) ?? []).includes(option.value)));
      } else if (values.has(field.name) && field.type !== "file") {
        [field.value] = values.get(field.name);
      }
    });
    this.form.querySelectorAll("[data-grid]").forEach((grid) => {
      const rows = values.get(`${grid.dataset.grid}_json`);
      if (rows) grid.dispatchEvent(new CustomEvent("grid:load", { detail: JSON.parse(rows[0]) }));
    });
    this.touch();
  }
}
