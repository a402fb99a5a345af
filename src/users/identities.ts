import type { InferResult } from 'kysely';
import { lengthPrefixed, sha256Hex } from '../lib/bytes.js';
import type { KeyRing } from '../lib/key-ring.js';
import { randomId } from '../lib/random.js';
import { open, seal } from '../lib/seal.js';
import type { ExchangedIdentity, PlatformName } from '../platforms/platform.js';
import type { Sql } from '../sql/database.js';
import { lockName } from '../sql/locks.js';
import type { UserStatus } from '../sql/schema.js';
import { sessionKeyPlace } from './sealed-keys.js';

/** One openid of one app, and the user it belongs to. */
export interface Identity {
  readonly id: string;
  readonly tenant: string;
  readonly platform: PlatformName;
  readonly appid: string;
  readonly openid: string;
  readonly unionid: string | null;
  readonly user: User;
}

/** Times are ms. */
export interface LinkedIdentity extends Identity {
  readonly linkedAt: number;
  readonly lastLoginAt: number;
}

export interface User {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly status: UserStatus;
}

/** Which person of which app: what is unique of an identity. */
export type IdentityKey = Pick<Identity, 'tenant' | 'platform' | 'appid' | 'openid'>;

/** Who exchanges a code of this identity takes their turn here: two first logins never make two of it. */
export async function lockIdentityKey(sql: Sql, key: IdentityKey): Promise<void> {
  await lockName(sql, sha256Hex(sessionKeyPlace(key)));
}

/** The same for all who say that they are this person. */
export async function lockUnionid(sql: Sql, tenant: string, unionid: string): Promise<void> {
  await lockName(sql, sha256Hex(lengthPrefixed(['unionid', tenant, unionid])));
}

/** An identity with its session_keys, sealed. */
export interface KeyedIdentity extends Identity {
  readonly sessionKey: string;
  readonly previousSessionKey: string | null;
}

export async function findByKey(sql: Sql, key: IdentityKey): Promise<KeyedIdentity | null> {
  const row = await selectIdentities(sql)
    .select(['session_key', 'previous_session_key'])
    .where('identities.tenant', '=', key.tenant)
    .where('platform', '=', key.platform)
    .where('appid', '=', key.appid)
    .where('openid', '=', key.openid)
    .executeTakeFirst();
  if (row === undefined) return null;
  return { ...toIdentity(row), sessionKey: row.session_key, previousSessionKey: row.previous_session_key };
}

/** The ids of the users whose identities have this unionid: one, but where they were made before unionids joined anybody. */
export async function findUsersByUnionid(sql: Sql, tenant: string, unionid: string): Promise<string[]> {
  const rows = await sql
    .selectFrom('identities')
    .select('user_id')
    .distinct()
    .where('tenant', '=', tenant)
    .where('unionid', '=', unionid)
    .execute();
  return rows.map((row) => row.user_id);
}

/** All identities of a user, the first one first. */
export async function findIdentitiesOf(sql: Sql, userId: string): Promise<LinkedIdentity[]> {
  const rows = await selectIdentities(sql)
    .select(['linked_at', 'last_login_at'])
    .where('user_id', '=', userId)
    .orderBy('linked_at')
    .orderBy('identities.id')
    .execute();
  return rows.map((row) => ({ ...toIdentity(row), linkedAt: row.linked_at, lastLoginAt: row.last_login_at }));
}

export async function insertIdentity(
  sql: Sql,
  now: number,
  keys: KeyRing,
  key: IdentityKey,
  { unionid, sessionKey }: ExchangedIdentity,
  user: User,
): Promise<Identity> {
  const identity: Identity = { id: randomId(), ...key, unionid, user };
  await sql
    .insertInto('identities')
    .values({
      id: identity.id,
      tenant: key.tenant,
      platform: key.platform,
      appid: key.appid,
      openid: key.openid,
      unionid,
      user_id: user.id,
      session_key: seal(keys, sessionKey, sessionKeyPlace(key)),
      previous_session_key: null,
      created_at: now,
      last_login_at: now,
      linked_at: now,
    })
    .execute();
  return identity;
}

/** Keeps what an exchange said of an identity that is there: its session_key, the one before it, and its unionid. */
export async function keepExchanged(
  sql: Sql,
  now: number,
  keys: KeyRing,
  identity: KeyedIdentity,
  { unionid, sessionKey }: ExchangedIdentity,
): Promise<Identity> {
  const { sessionKey: current, previousSessionKey: previous, ...known } = identity;
  const place = sessionKeyPlace(identity);
  // WeChat may answer the same key again: then the one before it is still the predecessor.
  const isSameKey = open(keys, current, place) === sessionKey;
  // A unionid can appear later; an answer without one does not take it away.
  const kept: Identity = { ...known, unionid: unionid ?? known.unionid };
  await sql
    .updateTable('identities')
    .set({
      session_key: seal(keys, sessionKey, place),
      previous_session_key: isSameKey ? previous : current,
      last_login_at: now,
      unionid: kept.unionid,
    })
    .where('id', '=', identity.id)
    .execute();
  return kept;
}

/** The platform has replaced the session_key without a login. */
export async function replaceSessionKey(
  sql: Sql,
  keys: KeyRing,
  identity: KeyedIdentity,
  sessionKey: string,
): Promise<void> {
  await sql
    .updateTable('identities')
    .set({
      session_key: seal(keys, sessionKey, sessionKeyPlace(identity)),
      previous_session_key: identity.sessionKey,
    })
    .where('id', '=', identity.id)
    .execute();
}

/** After it the next login of this openid is a first one. Inside a transaction that has locked its user. */
export async function deleteIdentities(sql: Sql, identityIds: readonly string[]): Promise<void> {
  if (identityIds.length === 0) return;
  await sql.deleteFrom('identities').where('id', 'in', identityIds).execute();
}

/** The identity with the user it belongs to now; null when it is no more. */
export async function findIdentity(sql: Sql, identityId: string): Promise<Identity | null> {
  const row = await selectIdentities(sql).where('identities.id', '=', identityId).executeTakeFirst();
  return row === undefined ? null : toIdentity(row);
}

function selectIdentities(sql: Sql) {
  return sql
    .selectFrom('identities')
    .innerJoin('users', 'users.id', 'identities.user_id')
    .select(['identities.id', 'identities.tenant', 'platform', 'appid', 'openid', 'unionid', 'user_id'])
    .select(['users.created_at as user_created_at', 'users.status as user_status']);
}

type IdentityRow = InferResult<ReturnType<typeof selectIdentities>>[number];

function toIdentity(row: IdentityRow): Identity {
  return {
    id: row.id,
    tenant: row.tenant,
    platform: row.platform as PlatformName,
    appid: row.appid,
    openid: row.openid,
    unionid: row.unionid,
    user: { id: row.user_id, createdAt: row.user_created_at, status: row.user_status },
  };
}
