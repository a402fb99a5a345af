/** A table of Markdown. Cells are Markdown, but for `|` and `<`. */
export function table(headings, rows) {
  return [headings, headings.map(() => '---'), ...rows].map(row).join('\n');
}

function row(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`;
}

/** `a, b and c`. */
export function list(items) {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
