// Text as Excel and WPS put it on the clipboard: tabs between cells, quoted cells may hold line breaks.

/** Return the rows of a pasted text, each a list of cells. */
export function parse(source) {
  const text = source.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const rows = [[]];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i];
    if (quoted) {
      if (sign === '"' && text[i + 1] === '"') {
        cell += '"';
        i++;
      } else if (sign === '"') quoted = false;
      else cell += sign;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === "\t" || sign === "\n") {
      rows.at(-1).push(cell);
      cell = "";
      if (sign === "\n") rows.push([]);
    } else cell += sign;
  }
  rows.at(-1).push(cell);
  return rows;
}

/** Write rows the same way. */
export function write(rows) {
  const quote = (cell) => (/["\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => row.map(quote).join("\t")).join("\n");
}

/** Bring a cell into the form in which words are compared: half-width, no blanks, small letters. */
export function plain(value) {
  return value.normalize("NFKC").replace(/\s+/g, "").replace(/\*$/, "").toLowerCase();
}
