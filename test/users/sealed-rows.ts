import { recordExchange } from '../../src/auth/record-exchange.js';
import type { KeyRing } from '../../src/lib/key-ring.js';
import { open } from '../../src/lib/seal.js';
import type { App } from '../../src/platforms/platform.js';
import type { Database } from '../../src/sql/database.js';
import { kidOf, sessionKeyPlace } from '../../src/users/sealed-keys.js';

export const app: App = { platform: 'WECHAT', appid: 'wx1', secrets: ['s'], tenant: 'default' };

/** What a login writes of its exchange. */
export async function logIn(database: Database, keys: KeyRing, openid: string, sessionKey: string): Promise<void> {
  await database.transaction((sql, now) => recordExchange(sql, now, keys, app, { openid, unionid: null, sessionKey }));
}

/** By openid: the keys the two session_keys are sealed under, and what opens with the ring. */
export async function sealedRows(database: Database, keys: KeyRing) {
  const rows = await database.query((sql) => sql.selectFrom('identities').selectAll().orderBy('openid').execute());
  return rows.map((row) => {
    const texts = [row.session_key, row.previous_session_key];
    return {
      openid: row.openid,
      kids: texts.map((text) => text && kidOf(text)),
      opened: texts.map((text) => text && open(keys, text, sessionKeyPlace(row))),
    };
  });
}
