import type { PlatformName } from '../platforms/platform.js';
import { findLive } from '../sessions/session-rows.js';
import type { Database } from '../sql/database.js';
import type { Session, Viewer } from './viewer.js';

/**
 * The live sessions of the viewer's user, newest first, at most 1,000.
 * @throws AppError SERVICE_UNAVAILABLE
 */
export type ListSessions = (viewer: Viewer) => Promise<Session[]>;

/** Of SESSIONS_PER_USER there may be ten times as many. */
const MAX_LISTED = 1000;

export function createListSessions({ database }: { database: Database }): ListSessions {
  return async ({ user, session }) => {
    const rows = await database.query((sql, now) => findLive(sql, now, user.id, MAX_LISTED));
    return rows.map((row) => ({
      id: row.sid,
      createdAt: new Date(row.createdAt),
      lastSeenAt: new Date(row.touchedAt),
      expiresAt: new Date(row.until),
      current: row.sid === session.id,
      platform: row.platform as PlatformName,
      appid: row.appid,
      ip: row.ip,
      device: row.device,
    }));
  };
}
