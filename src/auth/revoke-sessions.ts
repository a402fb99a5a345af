import { endSessionsOfUser } from './end-sessions.js';
import type { EndingParts } from './finish-ending.js';
import type { Viewer } from './viewer.js';

/**
 * Ends all sessions of the viewer's user, or all but the viewer's own.
 *
 * @returns how many live ones it were.
 * @throws AppError SERVICE_UNAVAILABLE when some may not have ended; the same again settles it.
 */
export type RevokeSessions = (viewer: Viewer, options: { keepCurrent: boolean }) => Promise<{ ended: number }>;

export function createRevokeSessions(parts: EndingParts): RevokeSessions {
  return async ({ user, session }, { keepCurrent }) => ({
    ended: await endSessionsOfUser(parts, user.id, { except: keepCurrent ? session.id : null, by: 'viewer' }),
  });
}
