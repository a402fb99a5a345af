/** How many letters must be inserted, deleted or replaced to make one text of the other (Levenshtein). */
export function editDistance(from: string, to: string): number {
  // Every start compares some hundred names: iterators of entries would make that 25 ms.
  const columns = [...to];
  let previous = Array.from({ length: columns.length + 1 }, (_, index) => index);
  [...from].forEach((letter, row) => {
    const current = [row + 1];
    columns.forEach((other, column) => {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      const deleted = (previous[column + 1] ?? 0) + 1;
      const inserted = (current[column] ?? 0) + 1;
      current.push(Math.min(replaced, deleted, inserted));
    });
    previous = current;
  });
  return previous.at(-1) ?? 0;
}
