import { endSessionsOfUser } from './end-sessions.js';
import type { EndingParts } from './finish-ending.js';
import type { Viewer } from './viewer.js';

/**
 * Ends one session of the viewer's user, their own included.
 *
 * @returns whether there was a live one: false for another user's, a dead one, or one that never was.
 * @throws AppError SERVICE_UNAVAILABLE when it may or may not have ended; the same again settles it.
 */
export type RevokeSession = (viewer: Viewer, sessionId: string) => Promise<{ ended: boolean }>;

/** What ids of sessions look like. Anything else names none. */
const SESSION_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function createRevokeSession(parts: EndingParts): RevokeSession {
  return async ({ user }, sessionId) => {
    if (!SESSION_ID.test(sessionId)) return { ended: false };
    const ended = await endSessionsOfUser(parts, user.id, { only: sessionId, by: 'viewer' });
    return { ended: ended > 0 };
  };
}
