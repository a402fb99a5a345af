const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `250ms`, `30s`, `5m`, `12h` or `7d`; null for anything else. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,15})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return null;
  const milliseconds = Number(match[1]) * units[match[2] as keyof typeof units];
  return Number.isSafeInteger(milliseconds) ? milliseconds : null;
}

/** The shortest text that `parseDuration` reads as these milliseconds (a whole number of them). */
export function formatDuration(milliseconds: number): string {
  const largestFirst = Object.entries(units).reverse();
  const [unit, size] = largestFirst.find(([, size]) => milliseconds >= size && milliseconds % size === 0) ?? ['ms', 1];
  return `${milliseconds / size}${unit}`;
}
