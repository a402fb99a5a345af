import { createHash } from 'node:crypto';

// What each peer does for a request: it looks up by the hash of the bearer token who that is.

export const APPID = 'wx0123456789abcdef';

export function sessionOf(index) {
  return { openid: `o${String(index).padStart(27, '0')}`, appid: APPID };
}

export function hashOf(token) {
  return createHash('sha256').update(token).digest('hex');
}

export function bearerOf(headers) {
  const { authorization } = headers;
  return authorization?.startsWith('Bearer ') === true ? authorization.slice('Bearer '.length) : null;
}

/** By a Map of this process. */
export function createLookup(tokens) {
  const sessions = new Map(tokens.map((token, index) => [hashOf(token), sessionOf(index)]));
  return async (headers) => {
    const token = bearerOf(headers);
    return token === null ? null : (sessions.get(hashOf(token)) ?? null);
  };
}

export const TYPE_DEFS = `
  type Viewer { openid: String! appid: String! }
  type Query { viewer: Viewer }
`;

export const RESOLVERS = { Query: { viewer: (_source, _args, { viewer }) => viewer } };
