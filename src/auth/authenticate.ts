import { AppError } from '../errors.js';
import { createRecent } from '../lib/recent.js';
import type { SessionCache } from '../sessions/session-cache.js';
import type { SessionValue } from '../sessions/session-value.js';
import { hashToken, isToken } from '../sessions/token.js';
import { createMissAlarm } from './miss-alarm.js';
import type { Touch } from './touch.js';
import { type Viewer, viewerOf } from './viewer.js';

/** What is known of who sent a request. Unknown is not anonymous: the store could not answer, and nobody is logged out. */
export type Authentication =
  | { readonly state: 'anonymous' }
  | { readonly state: 'signedIn'; readonly viewer: Viewer }
  | { readonly state: 'refused' }
  | { readonly state: 'unknown'; readonly error: AppError };

/**
 * The viewer; null when no token was sent.
 * @throws AppError UNAUTHENTICATED when the token names no session, SERVICE_UNAVAILABLE when a store could not answer.
 */
export function viewerIn(authentication: Authentication): Viewer | null {
  if (authentication.state === 'refused') throw new AppError('UNAUTHENTICATED');
  if (authentication.state === 'unknown') throw authentication.error;
  return authentication.state === 'signedIn' ? authentication.viewer : null;
}

/**
 * Never throws: what cannot be known is a state. One Keyv get at most, and none for what cannot be a token. What needs no
 * store is answered at once: most requests are about a session that was read less than a second ago.
 */
export type Authenticate = (token: string | null) => Authentication | Promise<Authentication>;

const MAX_HASHES = 2000;

const ANONYMOUS: Authentication = { state: 'anonymous' };
const REFUSED: Authentication = { state: 'refused' };

export function createAuthenticate(parts: {
  /** Or the store itself. */
  sessionStore: Pick<SessionCache, 'get'>;
  touch: Touch;
  now: () => number;
  /** Called when what is stored under a token is not a session of ours. */
  onCorrupt: () => void;
  /** Called when most tokens name no session all of a sudden: the store may have lost them. */
  onMassMisses: () => void;
}): Authenticate {
  const { sessionStore, touch, now, onCorrupt, onMassMisses } = parts;
  const noteLookup = createMissAlarm(now, onMassMisses);

  /** Hashed once, not for each of its requests. */
  const hashes = createRecent<string>(MAX_HASHES);

  function hashOf(token: string): string | null {
    if (!isToken(token)) return null;
    const tokenHash = hashToken(token);
    hashes.put(token, tokenHash);
    return tokenHash;
  }

  function judge(tokenHash: string, value: SessionValue | null | 'corrupt'): Authentication | Promise<Authentication> {
    noteLookup(value === null);
    if (value === 'corrupt') {
      onCorrupt();
      return REFUSED;
    }
    if (value === null || isOver(value, now())) return REFUSED;
    const touched = touch(tokenHash, value);
    return touched instanceof Promise ? touched.then(signedIn) : signedIn(touched);
  }

  return (token) => {
    if (token === null) return ANONYMOUS;
    const tokenHash = hashes.get(token) ?? hashOf(token);
    if (tokenHash === null) return REFUSED;
    const found = sessionStore.get(tokenHash);
    if (!(found instanceof Promise)) return judge(tokenHash, found);
    return found.then(
      (value) => judge(tokenHash, value),
      (error: unknown): Authentication => ({ state: 'unknown', error: asAppError(error) }),
    );
  };
}

function signedIn(value: SessionValue | 'ended'): Authentication {
  return value === 'ended' ? REFUSED : { state: 'signedIn', viewer: viewerOf(value) };
}

function isOver(value: SessionValue, now: number): boolean {
  return now >= value.until || now >= value.absUntil;
}

function asAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('INTERNAL_SERVER_ERROR', { cause: error });
}
