import { findLive, type LiveSession } from '../sessions/session-rows.js';
import type { Arguments } from './arguments.js';
import { askedUser, findAskedUser } from './asked-user.js';
import { table } from './table.js';
import { type StoreCommand, withStores } from './with-stores.js';

/** As many as a user may have. */
const MAX_LISTED = 10_000;

/** `menjin sessions list`: the live sessions of a user, newest first. */
export function listSessions(given: Arguments, command: StoreCommand): Promise<number> {
  const asked = askedUser(given);
  return withStores(command, ['DATABASE_URL'], async ({ database }) => {
    const userId = await findAskedUser(database, asked);
    const live = await database.query((sql, now) => findLive(sql, now, userId, MAX_LISTED));
    const rows = live.map(rowOf);
    if (given.flags.has('json')) command.out.write(`${JSON.stringify(rows, null, 2)}\n`);
    else for (const line of tableOf(rows)) command.out.write(`${line}\n`);
    return 0;
  });
}

function rowOf({ sid, platform, appid, createdAt, touchedAt, until, ip, device }: LiveSession) {
  const [created, lastSeen, expires] = [createdAt, touchedAt, until].map((ms) => new Date(ms).toISOString());
  return { id: sid, platform, appid, createdAt: created, lastSeenAt: lastSeen, expiresAt: expires, ip, device };
}

const HEADINGS = ['id', 'platform', 'appid', 'created', 'last seen', 'expires', 'ip', 'device'];

function tableOf(rows: readonly ReturnType<typeof rowOf>[]): string[] {
  return rows.length === 0 ? ['No live session.'] : table(HEADINGS, rows.map(Object.values));
}
