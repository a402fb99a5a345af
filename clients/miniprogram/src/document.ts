/** The text of a document: a string, one of codegen's, or a tree that `gql` has made. */
export function textOf(document: unknown): string {
  const { kind, loc } = Object(document) as { kind?: unknown; loc?: { source: { body: string } } };
  if (kind !== 'Document') return String(document);
  if (loc) return loc.source.body;
  throw new TypeError('A document without its text: set documentMode: string');
}

/** Whether it may be a mutation, which an id does not tell: of those that only look like one, less is tried again. */
export function mayMutate(text: string): boolean {
  return /\bmutation\b|documentId/.test(text);
}
