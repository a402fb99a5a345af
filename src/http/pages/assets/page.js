// What the server put into the page for its scripts.

const { texts, clientActions, blocked } = JSON.parse(document.getElementById('page-data').textContent);

export { blocked, clientActions };

/** A sentence of the page's language, with what stands in its {braces}. */
export function say(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

export const has = (key) => key in texts;
/** Whether a failure of the client is a refusal of the gateway, and not that nobody was there. */
export const isOfGateway = ({ code }) => code in clientActions;
export const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
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

/** A document, to which only white space is added. */
export function prettyDocument(query) {
  let depth = 0;
  const lines = query.replace(/[{}]/g, (brace) => {
    depth += brace === '{' ? 1 : -1;
    const line = `\n${'  '.repeat(depth)}`;
    if (brace === '{') return depth > 2 ? ' { ' : ` {${line}`;
    return depth > 1 ? ` }${line}` : `${line}}`;
  });
  const withoutEmpty = lines.replace(/:/g, ': ').replace(/\n\s*\n/g, '\n');
  return withoutEmpty.replace(/\{\n\s+([^{}\n]+)\n\s+\}/g, '{ $1 }');
}
