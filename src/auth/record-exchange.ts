import { recordEvent } from '../audit/record-event.js';
import { AppError, storeUnavailable } from '../errors.js';
import type { KeyRing } from '../lib/key-ring.js';
import { randomId } from '../lib/random.js';
import type { App, ExchangedIdentity } from '../platforms/platform.js';
import { type Ending, markEndedOfUser } from '../sessions/session-ends.js';
import type { Sql } from '../sql/database.js';
import { lockUsers } from '../sql/locks.js';
import {
  findByKey,
  findIdentitiesOf,
  findUsersByUnionid,
  type Identity,
  type IdentityKey,
  insertIdentity,
  type KeyedIdentity,
  keepExchanged,
  lockIdentityKey,
  lockUnionid,
} from '../users/identities.js';
import { mergeUsers } from '../users/merge-users.js';
import { findUser, insertUser, type UserRow } from '../users/users.js';
import type { UsersMergedEvent } from './hooks.js';

/** Whose an identity shall become, beside being logged in with. */
export interface WantedOwner {
  readonly userId: string;
  /** Whether a user who has the identity is merged into this one: never, one who has nothing else, or anyone. */
  readonly merges: 'never' | 'bare' | 'any';
  readonly because: 'asked' | 'password';
}

export interface Recorded {
  readonly identity: Identity;
  readonly isNewUser: boolean;
  /** Users who were merged into the identity's. */
  readonly merged: readonly UsersMergedEvent[];
  /** Their sessions, whose values are still to be deleted. */
  readonly endings: readonly Ending[];
}

/** The identity as found, and all users it may belong to. */
interface Found {
  readonly known: KeyedIdentity | null;
  readonly userIds: readonly string[];
}

/**
 * Keeps what an exchange said: finds the identity or makes it, and sees that it belongs to one user together with all that
 * have its unionid. Without a wanted owner that is the oldest of them; who has none gets a new one.
 *
 * Inside a transaction. Locks in the one order: what has no row yet, then users.
 *
 * @throws AppError USER_BLOCKED, IDENTITY_TAKEN, UNAUTHENTICATED (of a login by password WRONG_CREDENTIALS) when the wanted
 *   owner is no more, SERVICE_UNAVAILABLE when others were faster all the time.
 */
export async function recordExchange(
  sql: Sql,
  now: number,
  keys: KeyRing,
  app: App,
  exchanged: ExchangedIdentity,
  wanted: WantedOwner | null = null,
): Promise<Recorded> {
  const { tenant, platform, appid } = app;
  const { openid, unionid } = exchanged;
  const key: IdentityKey = { tenant, platform, appid, openid };
  await lockIdentityKey(sql, key);
  const found = await findOwners(sql, key, unionid, wanted);
  const { known } = found;
  const saysNothingNew = unionid === null || unionid === known?.unionid;
  if (known !== null && found.userIds.length === 1 && saysNothingNew) {
    // Nobody gets anything: no user need be locked. What became of the identity meanwhile the commit point reads again.
    if (known.user.status === 'banned') throw banned(known.user.id);
    const kept = await keepExchanged(sql, now, keys, known, exchanged);
    return { identity: kept, isNewUser: false, merged: [], endings: [] };
  }
  const look = () => findOwners(sql, key, unionid, wanted);
  if (unionid === null) return join(await lockOwners(sql, found, look));
  await lockUnionid(sql, tenant, unionid);
  return join(await lockOwners(sql, await look(), look));

  async function join({ identity, users }: Owners): Promise<Recorded> {
    const blocked = users.find((user) => user.status === 'banned');
    if (blocked !== undefined) throw banned(blocked.id);
    const [owner, ...others] = await chooseOwner(sql, now, tenant, users, wanted);
    const endings: Ending[] = [];
    const merged: UsersMergedEvent[] = [];
    for (const other of others) {
      if (wanted !== null) await checkMerge(sql, wanted, other);
      endings.push(...(await markEndedOfUser(sql, now, other.id, { reason: 'merged' })));
      const { takes, drops } = await mergeUsers(sql, now, owner, other);
      const because = wanted?.because ?? 'unionid';
      merged.push({ userId: owner.id, mergedUserId: other.id, because });
      const details = { merged: other.id, because, takes, drops };
      await recordEvent(sql, now, { type: 'users_merged', userId: owner.id, details });
    }
    const isNewUser = users.length === 0;
    if (identity !== null) {
      const kept = await keepExchanged(sql, now, keys, { ...identity, user: owner }, exchanged);
      return { identity: kept, isNewUser, merged, endings };
    }
    const made = await insertIdentity(sql, now, keys, key, exchanged, owner);
    if (!isNewUser) {
      const details = { identityId: made.id };
      await recordEvent(sql, now, { type: 'identity_linked', userId: owner.id, appid, openid, details });
    }
    return { identity: made, isNewUser, merged, endings };
  }
}

function banned(userId: string): AppError {
  return new AppError('USER_BLOCKED', { detail: 'banned here', log: { userId } });
}

/** Who may own an identity, locked. */
interface Owners {
  readonly identity: KeyedIdentity | null;
  readonly users: readonly UserRow[];
}

const MAX_TRIES = 5;

/** Until everybody who may own the identity is locked, and still the one who may. */
async function lockOwners(sql: Sql, first: Found, look: () => Promise<Found>): Promise<Owners> {
  let found = first;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    // Whoever would make one waits for us by now.
    if (found.userIds.length === 0) return { identity: null, users: [] };
    await lockUsers(sql, found.userIds);
    const again = await look();
    if (again.userIds.every((id) => found.userIds.includes(id))) {
      const users: UserRow[] = [];
      for (const id of again.userIds) {
        const user = await findUser(sql, id);
        if (user !== null) users.push(user);
      }
      return { identity: again.known, users };
    }
    found = again;
  }
  throw storeUnavailable('sql', new Error('the owners of an identity changed all the time'));
}

async function findOwners(
  sql: Sql,
  key: IdentityKey,
  unionid: string | null,
  wanted: WantedOwner | null,
): Promise<Found> {
  const known = await findByKey(sql, key);
  const joining = unionid ?? known?.unionid ?? null;
  const byUnionid = joining === null ? [] : await findUsersByUnionid(sql, key.tenant, joining);
  const userIds = [wanted?.userId, known?.user.id, ...byUnionid].filter((id) => id !== undefined);
  return { known, userIds: [...new Set(userIds)] };
}

/** Who survives comes first. */
async function chooseOwner(
  sql: Sql,
  now: number,
  tenant: string,
  users: readonly UserRow[],
  wanted: WantedOwner | null,
): Promise<readonly [UserRow, ...UserRow[]]> {
  const [oldest, ...younger] = [...users].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  if (wanted !== null) {
    const owner = users.find((user) => user.id === wanted.userId);
    if (owner === undefined || owner.status !== 'active' || owner.tenant !== tenant) {
      const code = wanted.because === 'password' ? 'WRONG_CREDENTIALS' : 'UNAUTHENTICATED';
      throw new AppError(code, { detail: 'the user was merged or closed meanwhile' });
    }
    return [owner, ...users.filter((user) => user !== owner)];
  }
  if (oldest !== undefined) return [oldest, ...younger];
  return [await insertUser(sql, { id: randomId(), tenant, createdAt: now })];
}

/** @throws AppError IDENTITY_TAKEN */
async function checkMerge(sql: Sql, wanted: WantedOwner, other: UserRow): Promise<void> {
  if (wanted.merges === 'any') return;
  if (wanted.merges === 'bare' && (await isBare(sql, other))) return;
  throw new AppError('IDENTITY_TAKEN', { mergeable: true });
}

/** Nobody would miss this user: made by the first login of its only identity, and nothing was added since. */
async function isBare(sql: Sql, user: UserRow): Promise<boolean> {
  if (user.username !== null || user.phoneNumber !== null) return false;
  return (await findIdentitiesOf(sql, user.id)).length <= 1;
}
