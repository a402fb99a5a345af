export interface Snippet {
  /** Where it begins: `docs/library.md:12`. */
  readonly place: string;
  readonly language: string;
  /** What its first line calls it, `// src/main.ts`; null when it says nothing. */
  readonly file: string | null;
  readonly source: string;
}

/** The fenced blocks of a page that say what language they are in. */
export function snippetsOf(page: string, text: string): Snippet[] {
  const lines = text.replaceAll('\r\n', '\n');
  return [...lines.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: source = '', index }) => ({
    place: `${page}:${lines.slice(0, index).split('\n').length}`,
    language,
    file: /^\/\/ (\S+\.[jt]s)\n/.exec(source)?.[1] ?? null,
    source,
  }));
}
