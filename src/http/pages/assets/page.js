// What the server put into the page for its scripts.

const { texts, clientActions, blocked } = JSON.parse(document.getElementById('page-data').textContent);

export { blocked, clientActions };

/** A sentence of the page's language, with what stands in its {braces}. */
export function say(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

export const has = (key) => key in texts;
export const byId = (id) => document.getElementById(id);

const LINE_LENGTH = 64;

/** JSON as a person writes it: what fits on a line stays on one. */
export function pretty(value, indent = '') {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const [open, close] = isList ? '[]' : '{}';
  const deeper = `${indent}  `;
  const parts = (depth) =>
    Object.entries(value).map(([name, part]) => (isList ? '' : `${JSON.stringify(name)}: `) + pretty(part, depth));
  const line = `${open} ${parts('').join(', ')} ${close}`;
  if (line.length + indent.length <= LINE_LENGTH && !line.includes('\n')) return line;
  return `${open}\n${parts(deeper)
    .map((part) => deeper + part)
    .join(',\n')}\n${indent}${close}`;
}
