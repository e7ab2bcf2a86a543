// A sheet made of ordinary inputs, [data-grid="items"]: it posts without scripts as items-0-name, items-0-type, …
// With scripts it moves like a spreadsheet, takes a paste as one step, and is sent as one JSON field, items_json.
//   tr[data-row]       a row: its number in [data-number], its controls named PREFIX-N-FIELD, aria-label from data-label
//   tr[data-ghost]     the last row, whose input makes a new one
//   tr[data-message]   remark below its row; templates [data-grid-row], [data-grid-error], [data-grid-hint]
//   [data-grid-act]    toolbar buttons: insert, delete, up, down, undo, redo
//   data-said-pasted, data-said-unknown   sentences with {count}, shown in [data-grid-said]
import { parse, plain, write } from "./sheet-text.js";
import { fill } from "./texts.js";

const YES = ["1", "true", "yes", "y", "t", "是", "√", "✓", "v"];
const STEPS_KEPT = 100;
const SIZED = /^(.*[^\d(])\s*\(\s*(\d+)(?:\s*,\s*(\d+))?\s*\)$/;

function newKey() {
  return `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;
}

export function enhance(grids) {
  grids.forEach((grid) => {
    if (!grid.dataset.gridReady) new Grid(grid);
  });
}

class Grid {
  constructor(root) {
    root.dataset.gridReady = "1";
    this.root = root;
    this.prefix = root.dataset.grid;
    this.body = root.querySelector("table.sheet tbody");
    this.form = root.closest("form");
    this.template = root.querySelector("template[data-grid-row]").content.firstElementChild;
    this.fields = [...this.template.querySelectorAll("td :is(input, select)")].map((control) => this.fieldOf(control));
    this.labels = [...root.querySelectorAll("thead th[data-field]")];
    this.body.querySelectorAll(".nojs-only").forEach((row) => row.remove());
    this.past = [];
    this.future = [];
    this.range = null;
    this.editing = false;
    this.ids = new Map();
    this.listen();
    this.renumber();
    this.last = this.values();
  }

  // Rows and cells

  fieldOf(control) {
    return control.name.replace(new RegExp(`^${this.prefix}-[^-]+-`), "");
  }

  rows() {
    return [...this.body.querySelectorAll("tr[data-row]")];
  }

  controls(row) {
    return [...row.querySelectorAll("td :is(input, select)")];
  }

  hidden(row) {
    return [...row.querySelectorAll("th input[type=hidden]")];
  }

  at(row, column) {
    const found = this.rows()[row];
    return found ? this.controls(found)[column] : undefined;
  }

  place(control) {
    const row = control?.closest?.("tr[data-row]");
    if (!row) return null;
    return { row: this.rows().indexOf(row), column: this.controls(row).indexOf(control) };
  }

  /** The remark rows that belong to a row: those between it and the next one. */
  remarks(row) {
    const found = [];
    for (let next = row.nextElementSibling; next?.matches("[data-message]"); next = next.nextElementSibling) found.push(next);
    return found;
  }

  read(control) {
    return control.type === "checkbox" ? (control.checked ? control.value || "1" : "") : control.value;
  }

  /** Put a text into a control; false when the control does not know it. */
  put(control, value) {
    if (control.type === "checkbox") {
      const known = plain(value);
      control.checked = YES.includes(known) || (known !== "" && known === plain(control.value));
      return true;
    }
    if (control.tagName !== "SELECT") {
      control.value = control.maxLength > 0 ? [...value.trim()].slice(0, control.maxLength).join("") : value.trim();
      return true;
    }
    const wanted = plain(value);
    const names = (option) => [option.value, option.text, ...(option.dataset.aliases ?? "").split("|")].map(plain);
    const options = [...control.options];
    const exact = options.find((option) => names(option).includes(wanted));
    const near = exact ?? options.find((option) => wanted && option.value && plain(option.text).replace(/^[a-z0-9]/, "").startsWith(wanted));
    if (near) control.value = near.value;
    else if (!wanted) control.selectedIndex = 0;
    return Boolean(near) || !wanted;
  }

  valuesOf(row) {
    return Object.fromEntries([...this.hidden(row), ...this.controls(row)].map((control) => [this.fieldOf(control), this.read(control)]));
  }

  values() {
    return this.rows().map((row) => this.valuesOf(row));
  }

  load(rows) {
    this.rows().forEach((row) => {
      this.remarks(row).forEach((remark) => remark.remove());
      row.remove();
    });
    rows.forEach((values) => this.fillRow(this.append(), values));
    this.renumber();
  }

  fillRow(row, values) {
    [...this.hidden(row), ...this.controls(row)].forEach((control) => {
      const value = values[this.fieldOf(control)] ?? "";
      if (control.type === "checkbox") control.checked = value !== "";
      else control.value = value;
    });
    this.identifyRow(row);
  }

  identifyRow(row) {
    const [id, key] = ["id", "key"].map((name) => this.hidden(row).find((control) => this.fieldOf(control) === name));
    if (id && key && !id.value) id.value = this.ids.get(key.value) ?? "";
  }

  /** Take over the identities that a save gave to new rows: {key: id}. */
  identify(ids) {
    Object.entries(ids).forEach(([key, id]) => this.ids.set(key, id));
    this.rows().forEach((row) => this.identifyRow(row));
    const named = (values) => ({ ...values, id: values.id || (this.ids.get(values.key) ?? "") });
    this.last = this.last.map(named);
  }

  append(before = this.body.querySelector("tr[data-ghost]")) {
    const row = this.template.cloneNode(true);
    this.body.insertBefore(row, before);
    return row;
  }

  renumber() {
    this.rows().forEach((row, index) => {
      row.querySelector("[data-number]").textContent = index + 1;
      [...this.hidden(row), ...this.controls(row)].forEach((control) => {
        control.name = `${this.prefix}-${index}-${this.fieldOf(control)}`;
        if (control.dataset.label) control.setAttribute("aria-label", fill(control.dataset.label, { row: index + 1 }));
      });
      row.id = `${this.prefix}-${index}`;
      // A row is known by its key until it has been saved, and so through undo and redo.
      const key = this.hidden(row).find((control) => this.fieldOf(control) === "key");
      if (key && !key.value) key.value = newKey();
    });
    this.root.querySelectorAll("[data-grid-count]").forEach((place) => (place.textContent = this.rows().length));
  }

  // Steps back and forth

  /** Note that something changed; everything since the last note is one step. */
  note() {
    const now = this.values();
    if (JSON.stringify(now) === JSON.stringify(this.last)) return;
    this.past.push(this.last);
    if (this.past.length > STEPS_KEPT) this.past.shift();
    this.future = [];
    this.last = now;
    this.announce();
  }

  announce() {
    this.form?.dispatchEvent(new Event("input", { bubbles: true }));
    this.root.querySelectorAll("[data-grid-act=undo]").forEach((button) => (button.hidden = !this.past.length));
  }

  travel(from, to) {
    if (!from.length) return;
    const place = this.place(document.activeElement);
    to.push(this.last);
    this.last = from.pop();
    this.load(this.last);
    this.say("");
    this.announce();
    if (place) this.go(Math.min(place.row, this.rows().length - 1), place.column);
  }

  undo() {
    this.travel(this.past, this.future);
  }

  redo() {
    this.travel(this.future, this.past);
  }

  say(sentence) {
    this.root.querySelectorAll("[data-grid-said]").forEach((place) => (place.textContent = sentence));
  }

  // Moving

  go(row, column) {
    const last = this.rows().length - 1;
    if (row > last) {
      this.body.querySelector("tr[data-ghost] input")?.focus();
      return;
    }
    const target = this.at(Math.max(0, row), Math.max(0, Math.min(this.fields.length - 1, column)));
    if (!target) return;
    target.focus();
    if (target.select && target.type !== "checkbox") target.select();
    target.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  paint() {
    const { top, bottom, left, right } = this.span();
    this.rows().forEach((row, index) => {
      row.classList.toggle("is-current", index === this.focus?.row);
      this.controls(row).forEach((control, column) => {
        const cell = control.closest("td");
        const inside = this.range && index >= top && index <= bottom && column >= left && column <= right;
        cell.classList.toggle("in-range", Boolean(inside));
        cell.classList.toggle("is-cell", index === this.focus?.row && column === this.focus?.column);
      });
    });
  }

  /** The rectangle in hand: the range, else the cell. */
  span() {
    const from = this.range?.from ?? this.focus ?? { row: -1, column: -1 };
    const to = this.range?.to ?? from;
    return {
      top: Math.min(from.row, to.row),
      bottom: Math.max(from.row, to.row),
      left: Math.min(from.column, to.column),
      right: Math.max(from.column, to.column),
    };
  }

  extend(to) {
    const start = this.range?.from ?? this.focus;
    if (!start) return;
    this.range = start.row === to.row && start.column === to.column ? null : { from: start, to };
    this.paint();
  }

  listen() {
    const { root, body } = this;
    body.addEventListener("focusin", (event) => {
      this.focus = this.place(event.target);
      this.editing = false;
      this.before = this.focus ? this.read(event.target) : "";
      if (!this.keepRange) this.range = null;
      this.paint();
    });
    body.addEventListener("focusout", () => {
      queueMicrotask(() => {
        if (!root.contains(document.activeElement)) {
          this.range = null;
          this.paint();
        }
      });
    });
    // A word being composed (pinyin, wubi) must not be torn away from its field.
    body.addEventListener("input", (event) => {
      if (!event.target.closest("tr[data-ghost]")) this.editing = true;
      else if (!event.isComposing) this.fromGhost(event.target);
    });
    body.addEventListener("compositionend", (event) => {
      if (event.target.closest("tr[data-ghost]") && event.target.value) this.fromGhost(event.target);
    });
    body.addEventListener("change", (event) => {
      if (this.place(event.target)) this.note();
    });
    body.addEventListener("dblclick", () => (this.editing = true));
    body.addEventListener("pointerdown", (event) => {
      const control = event.target.closest("td")?.querySelector("input, select");
      const place = this.place(control);
      if (!place) return;
      if (event.shiftKey && this.focus) {
        event.preventDefault();
        this.extend(place);
      } else if (document.activeElement === control) {
        this.editing = true;
      }
      this.dragging = event.button === 0 && event.pointerType === "mouse" && !event.shiftKey;
    });
    body.addEventListener("pointerover", (event) => {
      if (!this.dragging || !(event.buttons & 1)) return;
      const place = this.place(event.target.closest("td")?.querySelector("input, select"));
      if (place && (this.range || place.row !== this.focus?.row || place.column !== this.focus?.column)) {
        getSelection()?.removeAllRanges();
        this.extend(place);
      }
    });
    document.addEventListener("pointerup", () => (this.dragging = false));
    body.addEventListener("keydown", (event) => this.key(event));
    body.addEventListener("paste", (event) => this.paste(event));
    body.addEventListener("copy", (event) => this.copy(event));
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-grid-act]");
      if (button) this.act(button.dataset.gridAct);
      const fix = event.target.closest("[data-grid-fix]");
      if (fix) this.applyFix(fix);
    });
    root.addEventListener("grid:load", (event) => {
      this.load(event.detail);
      this.note();
    });
    this.form?.addEventListener("formdata", (event) => {
      const data = event.formData;
      [...data.keys()].filter((name) => name.startsWith(`${this.prefix}-`)).forEach((name) => data.delete(name));
      data.set(`${this.prefix}_json`, JSON.stringify(this.values()));
    });
    this.form?.addEventListener("autosave:saved", (event) => {
      if (event.detail.ids) this.identify(event.detail.ids);
      if (event.detail.rows) this.showRemarks(event.detail.rows);
    });
  }

  key(event) {
    if (event.isComposing) return;
    const control = event.target;
    if (control.closest("tr[data-ghost]")) {
      if (event.key === "ArrowUp") this.go(this.rows().length - 1, 0);
      if (event.key === "Enter" && !event.ctrlKey) event.preventDefault();
      return;
    }
    const place = this.place(control);
    if (!place) return;
    const { row, column } = place;
    const command = event.ctrlKey || event.metaKey;
    const text = control.tagName === "INPUT" && control.type !== "checkbox";
    const done = () => {
      event.preventDefault();
      event.stopPropagation();
    };

    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      done();
      this.moveRows(event.key === "ArrowUp" ? -1 : 1);
    } else if (command && event.key.toLowerCase() === "d") {
      done();
      this.fillDown();
    } else if (command && event.key.toLowerCase() === "z" && !(this.editing && this.read(control) !== this.before)) {
      done();
      if (event.shiftKey) this.redo();
      else this.undo();
    } else if (command && event.key.toLowerCase() === "y") {
      done();
      this.redo();
    } else if (command) {
      return;
    } else if (event.key === "Enter") {
      done();
      this.commit(control);
      this.go(row + (event.shiftKey ? -1 : 1), column);
    } else if (event.key === "F2") {
      done();
      this.editing = true;
      if (text) control.setSelectionRange(control.value.length, control.value.length);
      else control.showPicker?.();
    } else if (event.key === "Escape") {
      if (this.editing && text && control.value !== this.before) {
        done();
        control.value = this.before;
        control.select();
      } else if (this.range) {
        done();
        this.range = null;
        this.paint();
      }
      this.editing = false;
    } else if ((event.key === "Delete" || event.key === "Backspace") && this.range) {
      done();
      this.eachInSpan((cell) => this.put(cell, ""));
      this.note();
    } else if (event.key.startsWith("Arrow")) {
      this.arrow(event, place, text, done);
    }
  }

  arrow(event, { row, column }, text, done) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const sideways = step[0] === 0;
    if (sideways && text && this.editing) return;
    done();
    if (event.shiftKey) {
      const from = this.range?.to ?? { row, column };
      const to = {
        row: Math.max(0, Math.min(this.rows().length - 1, from.row + step[0])),
        column: Math.max(0, Math.min(this.fields.length - 1, from.column + step[1])),
      };
      this.extend(to);
      return;
    }
    this.commit(event.target);
    this.go(row + step[0], column + step[1]);
  }

  /** A text typed but not yet left counts as changed when we move on by key. */
  commit(control) {
    if (this.read(control) !== this.before) {
      this.before = this.read(control);
      this.note();
    }
  }

  eachInSpan(change) {
    const { top, bottom, left, right } = this.span();
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const cell = this.at(row, column);
        if (cell) change(cell, row, column);
      }
    }
  }

  // What the toolbar and the keys do

  act(name) {
    const { top, bottom } = this.span();
    if (name === "insert") {
      const rows = this.rows();
      const after = rows[bottom >= 0 ? bottom : rows.length - 1];
      const next = after ? (this.remarks(after).at(-1) ?? after).nextElementSibling : undefined;
      const row = this.append(next ?? undefined);
      this.renumber();
      this.note();
      this.go(this.rows().indexOf(row), 0);
    } else if (name === "delete" && top >= 0) {
      const column = this.focus?.column ?? 0;
      this.rows().slice(top, bottom + 1).forEach((row) => {
        this.remarks(row).forEach((remark) => remark.remove());
        row.remove();
      });
      this.range = null;
      this.renumber();
      this.note();
      this.go(Math.min(top, this.rows().length - 1), column);
    } else if (name === "up") this.moveRows(-1);
    else if (name === "down") this.moveRows(1);
    else if (name === "undo") this.undo();
    else if (name === "redo") this.redo();
  }

  moveRows(step) {
    const { top, bottom } = this.span();
    const rows = this.rows();
    if (top < 0 || top + step < 0 || bottom + step >= rows.length) return;
    const active = document.activeElement;
    const block = rows.slice(top, bottom + 1).flatMap((row) => [row, ...this.remarks(row)]);
    const other = rows[step < 0 ? top - 1 : bottom + 1];
    const passed = [other, ...this.remarks(other)];
    if (step < 0) block.at(-1).after(...passed);
    else block[0].before(...passed);
    this.renumber();
    this.note();
    this.keepRange = true;
    if (this.range) {
      this.range = {
        from: { ...this.range.from, row: this.range.from.row + step },
        to: { ...this.range.to, row: this.range.to.row + step },
      };
    }
    if (this.body.contains(active)) active.focus();
    this.focus = this.place(active) ?? { row: this.focus.row + step, column: this.focus.column };
    this.keepRange = false;
    this.paint();
  }

  fillDown() {
    const { top, bottom, left, right } = this.span();
    const first = top === bottom ? top - 1 : top;
    if (first < 0) return;
    for (let column = left; column <= right; column++) {
      const source = this.at(first, column);
      for (let row = first + 1; row <= bottom; row++) {
        const cell = this.at(row, column);
        if (cell.type === "checkbox") cell.checked = source.checked;
        else cell.value = source.value;
      }
    }
    this.before = this.focus ? this.read(this.at(this.focus.row, this.focus.column)) : "";
    this.note();
  }

  fromGhost(input) {
    const row = this.append();
    const target = this.controls(row).find((control) => control.type !== "checkbox" && control.tagName === "INPUT");
    target.value = input.value;
    input.value = "";
    this.renumber();
    target.focus();
    target.setSelectionRange(target.value.length, target.value.length);
    this.before = "";
    this.editing = true;
  }

  copy(event) {
    if (!this.range) return;
    const { top, bottom, left, right } = this.span();
    const shown = (control) =>
      control.tagName === "SELECT" ? (control.selectedOptions[0]?.text ?? "") : this.read(control);
    const rows = this.rows().slice(top, bottom + 1);
    event.clipboardData.setData("text/plain", write(rows.map((row) => this.controls(row).slice(left, right + 1).map(shown))));
    event.preventDefault();
  }

  paste(event) {
    const source = event.clipboardData.getData("text/plain");
    const cells = parse(source);
    const ghost = event.target.closest("tr[data-ghost]");
    const single = cells.length === 1 && cells[0].length === 1;
    if (!source || (single && event.target.tagName === "INPUT" && event.target.type !== "checkbox" && !this.range)) return;
    event.preventDefault();
    const start = ghost ? { row: this.rows().length, column: 0 } : this.place(event.target);
    const columns = this.columnsByHead(cells[0]);
    if (columns) cells.shift();

    let unknown = 0;
    cells.forEach((line, offset) => {
      while (this.rows().length <= start.row + offset) this.append();
      const controls = this.controls(this.rows()[start.row + offset]);
      let sized;
      line.forEach((cell, index) => {
        const column = columns ? columns[index] : start.column + index;
        const control = column === undefined ? undefined : controls[column];
        if (!control) return;
        if (cell.trim() === "" && sized && control === sized) return;
        const value = this.withoutSize(control, controls, cell);
        if (value !== cell) sized = controls.find((one) => this.fieldOf(one) === "length");
        const known = this.put(control, value);
        control.closest("td").classList.toggle("warn-cell", !known);
        if (!known) unknown++;
      });
    });
    this.renumber();
    this.note();
    const { saidPasted = "", saidUnknown = "" } = this.root.dataset;
    this.say([fill(saidPasted, { count: cells.length }), unknown ? fill(saidUnknown, { count: unknown }) : ""].filter(Boolean).join(" "));
    this.go(start.row, columns ? 0 : start.column);
  }

  /** Split "varchar(50)" of a choice: the size goes into the column of lengths. */
  withoutSize(control, controls, cell) {
    const found = control.tagName === "SELECT" && SIZED.exec(cell.normalize("NFKC").trim());
    const length = controls.find((one) => this.fieldOf(one) === "length");
    if (!found || !length || control === length) return cell;
    if (!length.value) length.value = found[3] ? `${found[2]},${found[3]}` : found[2];
    return found[1];
  }

  /** If the first pasted line repeats our column heads, say which column each of its cells belongs to. */
  columnsByHead(line) {
    const heads = this.labels.map((head) => ({
      column: this.fields.indexOf(head.dataset.field),
      names: [head.textContent, head.dataset.field, ...(head.dataset.aliases ?? "").split("|")].map(plain).filter(Boolean),
    }));
    const found = line.map((cell) => heads.find((head) => head.names.includes(plain(cell)))?.column);
    const matched = found.filter((column) => column !== undefined).length;
    return matched >= 2 && matched * 2 >= line.length ? found : null;
  }

  // Remarks on rows

  /** Show the remarks a save brought back: [{row or key, field, level, message, fix: {label, value}}]. */
  showRemarks(remarks) {
    this.body.querySelectorAll("[data-message]").forEach((row) => row.remove());
    this.rows().forEach((row) =>
      this.controls(row).forEach((control) => {
        control.closest("td").classList.remove("bad-cell", "warn-cell");
        control.removeAttribute("aria-invalid");
        control.removeAttribute("aria-describedby");
      }),
    );
    remarks.forEach((remark, index) => {
      const row = remark.key ? this.rows().find((one) => this.valuesOf(one).key === remark.key) : this.rows()[remark.row];
      const template = this.root.querySelector(`[data-grid-${remark.level}]`);
      if (!row || !template) return;
      const line = template.content.firstElementChild.cloneNode(true);
      line.querySelectorAll("[data-severity]").forEach((mark) => (mark.hidden = mark.dataset.severity !== remark.severity));
      const author = line.querySelector("[data-author]");
      if (author) author.textContent = remark.author;
      line.id = `${this.prefix}-remark-${index}`;
      line.querySelector("[data-text]").textContent = remark.message;
      const fix = line.querySelector("[data-grid-fix]");
      if (remark.fix) {
        fix.textContent = remark.fix.label;
        fix.dataset.gridFix = remark.field;
        fix.dataset.value = remark.fix.value;
        fix.hidden = false;
      }
      (this.remarks(row).at(-1) ?? row).after(line);
      const control = this.controls(row)[this.fields.indexOf(remark.field)];
      if (!control) return;
      const isBad = remark.level === "error" || remark.severity === "required";
      control.closest("td").classList.add(isBad ? "bad-cell" : "warn-cell");
      control.setAttribute("aria-describedby", line.id);
      if (remark.level === "error") control.setAttribute("aria-invalid", "true");
    });
  }

  applyFix(button) {
    let row = button.closest("tr");
    while (row && !row.matches("[data-row]")) row = row.previousElementSibling;
    const column = this.fields.indexOf(button.dataset.gridFix);
    const control = row && this.controls(row)[column];
    if (!control) return;
    this.put(control, button.dataset.value);
    control.closest("td").classList.remove("bad-cell", "warn-cell");
    button.closest("[data-message]").remove();
    this.note();
    this.go(this.rows().indexOf(row), column);
  }
}
