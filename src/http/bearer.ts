/**
 * The token of an Authorization header: null when there is none. Whatever else stands there is taken for a token that
 * names no session, so that a client with a broken header is told instead of being treated as nobody.
 */
export function bearerToken(authorization: string | undefined): string | null {
  const text = authorization?.trim() ?? '';
  if (text === '') return null;
  return /^bearer[ \t]+(\S+)$/i.exec(text)?.[1] ?? text;
}
