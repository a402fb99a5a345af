const NO_TOKEN = '';

/**
 * The token of an Authorization header: null when the header is absent or empty. Whatever else stands there is taken for
 * a token that names no session, so that a client with a broken header is told instead of being treated as nobody.
 */
export function bearerToken(authorization: string | undefined): string | null {
  // Not trim(): bytes arrive as Latin-1, of which it takes more than HTTP's own white space for blank.
  if (authorization === undefined || /^[ \t]*$/.test(authorization)) return null;
  return /^bearer[ \t]+([^ \t]+)[ \t]*$/i.exec(authorization)?.[1] ?? NO_TOKEN;
}
