import { recordEvent } from '../audit/record-event.js';
import { AppError } from '../errors.js';
import type { KeyRing } from '../lib/key-ring.js';
import { open } from '../lib/seal.js';
import type { App } from '../platforms/platform.js';
import type { Database } from '../sql/database.js';
import {
  findByKey,
  type IdentityKey,
  type KeyedIdentity,
  lockIdentityKey,
  replaceSessionKey,
} from '../users/identities.js';
import { sessionKeyPlace } from '../users/sealed-keys.js';
import type { CheckSessionKey, ResetSessionKey } from '../wechat/session-key.js';

export interface SessionKeys {
  /**
   * Whether WeChat still knows the session_key that is kept of this person.
   * @returns null for an openid that has never logged in.
   * @throws AppError as a call in the app's name does; SERVICE_UNAVAILABLE; INTERNAL_SERVER_ERROR when the kept key does not open
   */
  check(app: App, openid: string): Promise<boolean | null>;
  /**
   * Has WeChat replace the session_key, and keeps the new one. What was encrypted under the old one can still be opened.
   *
   * @returns false when WeChat does not know the kept one any more: the next login brings a good one. null for an openid that
   *   has never logged in.
   * @throws as `check`. After SERVICE_UNAVAILABLE it may have happened, and the new key be lost: the next login brings one.
   */
  reset(app: App, openid: string): Promise<boolean | null>;
}

export interface SessionKeysParts {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly checkSessionKey: CheckSessionKey;
  readonly resetSessionKey: ResetSessionKey;
}

export function createSessionKeys({ database, keys, checkSessionKey, resetSessionKey }: SessionKeysParts): SessionKeys {
  function find({ tenant, platform, appid }: App, openid: string): Promise<KeyedIdentity | null> {
    return database.query((sql) => findByKey(sql, { tenant, platform, appid, openid }));
  }

  function opened(identity: KeyedIdentity): string {
    const sessionKey = open(keys, identity.sessionKey, sessionKeyPlace(identity));
    if (sessionKey !== null) return sessionKey;
    throw new AppError('INTERNAL_SERVER_ERROR', {
      alarm: true,
      detail: 'a session_key does not open: was a key lost?',
    });
  }

  return {
    check: async (app, openid) => {
      const identity = await find(app, openid);
      return identity === null ? null : checkSessionKey(app, { openid, sessionKey: opened(identity) });
    },
    reset: async (app, openid) => {
      const identity = await find(app, openid);
      if (identity === null) return null;
      const sessionKey = opened(identity);
      const renewed = await resetSessionKey(app, { openid, sessionKey });
      if (renewed === null) return false;
      await keep(identity, sessionKey, renewed);
      return true;
    },
  };

  async function keep(key: IdentityKey, replaced: string, renewed: string): Promise<void> {
    await database.transaction(async (sql, now) => {
      await lockIdentityKey(sql, key);
      const identity = await findByKey(sql, key);
      if (identity === null) return;
      const { appid, openid, user } = identity;
      await recordEvent(sql, now, { type: 'session_key_reset', userId: user.id, appid, openid });
      // A login that came in between has brought a key that is younger than the one we have reset. Texts do not tell: all are
      // sealed anew while server keys rotate.
      const isReplaced = open(keys, identity.sessionKey, sessionKeyPlace(key)) === replaced;
      if (isReplaced) await replaceSessionKey(sql, keys, identity, renewed);
    });
  }
}
