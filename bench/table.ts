export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** The first column is words, the others numbers. */
export function markdown({ head, rows }: Table): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** @throws Error when the marks of that name are not there */
export function betweenMarks(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: written by its script -->`, `<!-- ${name}: end -->`];
  const [before, rest] = document.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md has no marks for ${name}`);
  return `${before}${begin}\n${text}\n${end}${after}`;
}
