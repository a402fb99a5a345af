import { recordEvent } from '../audit/record-event.js';
import { storeUnavailable } from '../errors.js';
import { type Ending, findUnfinishedOfUser, markEndedOfUser } from '../sessions/session-ends.js';
import { countLive } from '../sessions/session-rows.js';
import type { Sql } from '../sql/database.js';
import { lockUsers } from '../sql/locks.js';
import { findIdentitiesOf } from '../users/identities.js';
import { type MergedFact, mergeUsers, planMerge } from '../users/merge-users.js';
import { findUser, resolveUser, type UserRow } from '../users/users.js';
import { type EndingParts, finishEnding } from './finish-ending.js';

export interface AskedMerge {
  /** Who survives. */
  readonly into: string;
  readonly other: string;
}

/** What becomes of two users, or has become. */
export interface OperatorMerge {
  readonly into: string;
  readonly other: string;
  /** What the survivor takes of the other, and what is gone because the survivor has their own. */
  readonly takes: readonly MergedFact[];
  readonly drops: readonly MergedFact[];
  /** How many identities come to the survivor. */
  readonly identities: number;
  /** How many live sessions of the other end. */
  readonly sessions: number;
}

/** Why two users cannot become one. */
export type NoMerge =
  | 'no such user'
  | 'one user'
  | 'other tenants'
  | 'not active'
  /** They are one: nothing is left to do, but ends that were not finished are. */
  | 'merged before';

/**
 * What `mergeByOperator` would do now. Writes nothing.
 * @throws AppError SERVICE_UNAVAILABLE
 */
export function planOperatorMerge(
  { database }: Pick<EndingParts, 'database'>,
  asked: AskedMerge,
): Promise<OperatorMerge | NoMerge> {
  return database.query(async (sql, now) => {
    const users = await resolveBoth(sql, asked);
    return typeof users === 'string' ? users : describe(sql, now, users);
  });
}

/**
 * Two users become one, because an operator knows that they are one person. All sessions of the other end. The same again
 * ends what was not ended yet.
 *
 * @throws AppError SERVICE_UNAVAILABLE when it may or may not have happened: the same again settles it.
 */
export async function mergeByOperator(parts: EndingParts, asked: AskedMerge): Promise<OperatorMerge | NoMerge> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const merged = await parts.database.transaction((sql, now) => tryMerge(sql, now, asked));
    if (merged === null) continue;
    await finishEnding(parts, merged.endings);
    return merged.outcome;
  }
  throw storeUnavailable('sql', new Error('the users changed all the time'));
}

const MAX_TRIES = 5;

interface Merged {
  readonly outcome: OperatorMerge | NoMerge;
  readonly endings: Ending[];
}

/** null when they became others before they were locked. */
async function tryMerge(sql: Sql, now: number, asked: AskedMerge): Promise<Merged | null> {
  const found = await resolveBoth(sql, asked);
  if (typeof found === 'string') return { outcome: found, endings: await unfinished(sql, now, asked, found) };
  await lockUsers(sql, [found.survivor.id, found.other.id]);
  const users = await resolveBoth(sql, asked);
  if (typeof users === 'string') return { outcome: users, endings: await unfinished(sql, now, asked, users) };
  if (users.survivor.id !== found.survivor.id || users.other.id !== found.other.id) return null;
  return merge(sql, now, users);
}

interface Users {
  readonly survivor: UserRow;
  readonly other: UserRow;
}

async function merge(sql: Sql, now: number, users: Users): Promise<Merged> {
  const { survivor, other } = users;
  const outcome = await describe(sql, now, users);
  const { takes, drops } = await mergeUsers(sql, now, survivor, other);
  const endings = await markEndedOfUser(sql, now, other.id, { reason: 'merged' });
  const details = { merged: other.id, because: 'operator', takes, drops };
  await recordEvent(sql, now, { type: 'users_merged', userId: survivor.id, details });
  return { outcome, endings };
}

async function resolveBoth(sql: Sql, { into, other }: AskedMerge): Promise<Users | NoMerge> {
  const survivor = await resolveUser(sql, into);
  const merged = await resolveUser(sql, other);
  if (survivor === null || merged === null) return 'no such user';
  if (survivor.id === merged.id) return into === other ? 'one user' : 'merged before';
  if (survivor.tenant !== merged.tenant) return 'other tenants';
  if (survivor.status !== 'active' || merged.status !== 'active') return 'not active';
  return { survivor, other: merged };
}

async function describe(sql: Sql, now: number, { survivor, other }: Users): Promise<OperatorMerge> {
  const { takes, drops } = planMerge(survivor, other);
  const identities = (await findIdentitiesOf(sql, other.id)).length;
  const sessions = await countLive(sql, now, other.id);
  return { into: survivor.id, other: other.id, takes, drops, identities, sessions };
}

/** The end of a merge that was done before may not have got through. */
async function unfinished(sql: Sql, now: number, { into, other }: AskedMerge, found: NoMerge): Promise<Ending[]> {
  if (found !== 'merged before') return [];
  const endings: Ending[] = [];
  for (const id of [into, other]) {
    const isMerged = (await findUser(sql, id))?.status === 'merged';
    if (isMerged) endings.push(...(await findUnfinishedOfUser(sql, now, id, 'merged')));
  }
  return endings;
}
