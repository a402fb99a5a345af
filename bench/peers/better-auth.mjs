import { createHmac } from 'node:crypto';
import http from 'node:http';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { listening } from './listening.mjs';
import { hashOf, sessionOf } from './session-lookup.mjs';

const SECRET = hashOf('the secret of the bench');
const WEEK_MS = 7 * 86_400_000;

/** better-auth's get-session: its sessions are in a Map, as its secondary storage. */
export async function start({ tokens }) {
  const stored = new Map(tokens.map((token, index) => [token, sessionTextOf(token, index)]));
  const auth = betterAuth({
    secret: SECRET,
    baseURL: 'http://127.0.0.1',
    trustedOrigins: ['http://127.0.0.1'],
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    secondaryStorage: {
      get: async (key) => stored.get(key) ?? null,
      set: async (key, value) => void stored.set(key, value),
      delete: async (key) => void stored.delete(key),
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  });
  return {
    ...(await listening(http.createServer(toNodeHandler(auth)))),
    request: {
      method: 'GET',
      path: '/api/auth/get-session',
      headers: { cookie: 'better-auth.session_token={{value}}' },
    },
    values: tokens.map(cookieOf),
  };
}

function cookieOf(token) {
  const signature = createHmac('sha256', SECRET).update(token).digest('base64');
  return encodeURIComponent(`${token}.${signature}`);
}

function sessionTextOf(token, index) {
  const { openid } = sessionOf(index);
  const at = new Date();
  const dates = { createdAt: at, updatedAt: at };
  const user = {
    id: openid,
    name: openid,
    email: `${index}@bench.invalid`,
    emailVerified: true,
    image: null,
    ...dates,
  };
  const expiresAt = new Date(at.getTime() + WEEK_MS);
  const session = { id: token, token, userId: openid, expiresAt, ipAddress: '', userAgent: '', ...dates };
  return JSON.stringify({ session, user });
}
