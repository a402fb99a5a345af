import { setImmediate as turn } from 'node:timers/promises';
import { type EventType, eventTable } from '../audit/events.js';
import { type AskedEvents, type RecordedEvent, readEvents } from '../audit/read-events.js';
import { parseDuration } from '../lib/duration.js';
import type { Database } from '../sql/database.js';
import { findByOpenid } from '../users/find-users.js';
import { findMergedInto } from '../users/users.js';
import { type Arguments, UsageError } from './arguments.js';
import { type AskedUser, askedUser, findAskedUser } from './asked-user.js';
import { shown } from './table.js';
import { type StoreCommand, withStores } from './with-stores.js';

/** Rows of one query, and lines between two turns of what else there is to do. */
const PAGE = 500;

/** `menjin audit`: what happened, the newest last. */
export function audit(given: Arguments, command: StoreCommand): Promise<number> {
  const { user, openid, since: sinceText, type: typeText } = given.options;
  const isOfSomebody = user !== undefined || openid !== undefined;
  if (!isOfSomebody && sinceText === undefined) {
    throw new UsageError(
      'Say whose events, or since when: --user <id>, --openid <openid> or --since <7d or 2026-01-31>.',
    );
  }
  const asked = isOfSomebody || given.options.appid !== undefined ? askedUser(given) : null;
  const since = sinceText === undefined ? () => 0 : parseSince(sinceText);
  const type = typeText === undefined ? null : parseType(typeText);
  const format = given.flags.has('json') ? jsonOf : lineOf;

  return withStores(command, ['DATABASE_URL'], async ({ database }) => {
    const who = asked === null ? null : await findWho(database, asked);
    const now = await database.query(async (_sql, at) => at);
    let after: RecordedEvent | null = null;
    for (;;) {
      const page: AskedEvents = { who, since: since(now), type, after, limit: PAGE };
      const events: RecordedEvent[] = await database.query((sql) => readEvents(sql, page));
      for (const event of events) command.out.write(`${format(event)}\n`);
      after = events.at(-1) ?? null;
      if (after === null || events.length < PAGE) return 0;
      await turn();
    }
  });
}

const ISO_DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** @throws UsageError */
function parseSince(text: string): (now: number) => number {
  const duration = parseDuration(text);
  if (duration !== null) return (now) => now - duration;
  const at = ISO_DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new UsageError('Since is a duration like 12h or 7d, or a date like 2026-01-31T12:00Z.');
  return () => at;
}

function parseType(text: string): EventType {
  if (Object.hasOwn(eventTable, text)) return text as EventType;
  throw new UsageError(`The type is one of ${Object.keys(eventTable).join(', ')}.`);
}

/** A user, all ids that name them, and for an openid those whom nobody has as an identity any more. */
async function findWho(database: Database, asked: AskedUser): Promise<NonNullable<AskedEvents['who']>> {
  if ('userId' in asked) {
    const userId = await findAskedUser(database, asked);
    return { userIds: await allIdsOf(database, userId), openid: null, appid: null };
  }
  const found = await database.query((sql) => findByOpenid(sql, asked));
  const ids = await Promise.all([...new Set(found.map(({ userId }) => userId))].map((id) => allIdsOf(database, id)));
  return { userIds: ids.flat(), ...asked };
}

async function allIdsOf(database: Database, userId: string): Promise<string[]> {
  return [userId, ...(await database.query((sql) => findMergedInto(sql, userId)))];
}

function jsonOf({ at, ...event }: RecordedEvent): string {
  return JSON.stringify({ ...event, at: new Date(at).toISOString() });
}

const FIELDS = { userId: 'user', sessionId: 'session', appid: 'appid', openid: 'openid', ip: 'ip' } as const;

function lineOf(event: RecordedEvent): string {
  const fields = Object.entries(FIELDS).map(([field, name]) => [name, event[field as keyof typeof FIELDS]] as const);
  const told = [...fields, ...Object.entries(event.details)].filter(([, value]) => value !== null);
  const words = told.map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`);
  return shown([new Date(event.at).toISOString(), event.type, ...words].join(' '));
}
