// Words come from the page's <template> elements; a script has none of its own.

/** Return the text of a template, with {name} places filled in. */
export function text(id, values = {}) {
  const source = document.getElementById(id)?.content.textContent.trim() ?? "";
  return fill(source, values);
}

/** Fill {name} places of a sentence that came from an attribute. */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (place, name) => (name in values ? values[name] : place));
}
