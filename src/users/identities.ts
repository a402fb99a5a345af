import type { InferResult } from 'kysely';
import { sha256Hex } from '../lib/bytes.js';
import type { KeyRing } from '../lib/key-ring.js';
import { randomId } from '../lib/random.js';
import { open, seal } from '../lib/seal.js';
import type { App, ExchangedIdentity, PlatformName } from '../platforms/platform.js';
import type { Sql } from '../sql/database.js';
import { lockName } from '../sql/locks.js';
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

export interface User {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/**
 * Finds the identity behind an exchange, or makes it and its user, and keeps the session_key. Inside a transaction that
 * holds the write lock: the same openid of one app never makes two.
 */
export async function recordExchange(
  sql: Sql,
  now: number,
  keys: KeyRing,
  app: App,
  exchanged: ExchangedIdentity,
): Promise<{ identity: Identity; isNewUser: boolean }> {
  const { openid, unionid, sessionKey } = exchanged;
  const key = { tenant: app.tenant, platform: app.platform, appid: app.appid, openid };
  const place = sessionKeyPlace(key);
  const sessionKeySealed = seal(keys, sessionKey, place);
  await lockName(sql, sha256Hex(place));
  const known = await selectIdentities(sql)
    .select(['session_key', 'previous_session_key'])
    .where('identities.tenant', '=', key.tenant)
    .where('platform', '=', key.platform)
    .where('appid', '=', key.appid)
    .where('openid', '=', key.openid)
    .executeTakeFirst();

  if (known === undefined) {
    const user: User = { id: randomId(), createdAt: now };
    const identity: Identity = { id: randomId(), ...key, unionid, user };
    await sql.insertInto('users').values({ id: user.id, tenant: app.tenant, created_at: now }).execute();
    await sql
      .insertInto('identities')
      .values({
        id: identity.id,
        ...key,
        unionid,
        user_id: user.id,
        session_key: sessionKeySealed,
        previous_session_key: null,
        created_at: now,
        last_login_at: now,
      })
      .execute();
    return { identity, isNewUser: true };
  }

  // WeChat may answer the same key again: then the one before it is still the predecessor.
  const isSameKey = open(keys, known.session_key, place) === sessionKey;
  const identity: Identity = {
    ...toIdentity(known),
    // A unionid can appear later; an answer without one does not take it away.
    unionid: unionid ?? known.unionid,
  };
  await sql
    .updateTable('identities')
    .set({
      session_key: sessionKeySealed,
      previous_session_key: isSameKey ? known.previous_session_key : known.session_key,
      last_login_at: now,
      unionid: identity.unionid,
    })
    .where('id', '=', identity.id)
    .execute();
  return { identity, isNewUser: false };
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
    .select('users.created_at as user_created_at');
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
    user: { id: row.user_id, createdAt: row.user_created_at },
  };
}
