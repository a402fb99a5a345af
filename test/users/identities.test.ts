import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { recordExchange } from '../../src/auth/record-exchange.js';
import { lengthPrefixed } from '../../src/lib/bytes.js';
import { createKeyRing } from '../../src/lib/key-ring.js';
import { open } from '../../src/lib/seal.js';
import type { App } from '../../src/platforms/platform.js';
import { type Database, openSqliteDatabase } from '../../src/sql/database.js';
import { openSqliteFile, type SqliteFile } from '../../src/sql/sqlite-file.js';

const app: App = { platform: 'WECHAT', appid: 'wx1', secrets: ['s'], tenant: 'default' };
const place = lengthPrefixed(['default', 'WECHAT', 'wx1', 'alice']);
const keys = createKeyRing([Buffer.alloc(32, 1)]);

describe('the session_key of an identity', () => {
  let file: SqliteFile;
  let database: Database;

  beforeEach(async () => {
    file = await openSqliteFile(':memory:');
    database = await openSqliteDatabase(file, () => 0);
  });

  afterEach(() => file.close());

  async function exchanged(...sessionKeys: string[]) {
    for (const sessionKey of sessionKeys) {
      const identity = { openid: 'alice', unionid: null, sessionKey };
      await database.transaction((sql, now) => recordExchange(sql, now, keys, app, identity));
    }
    const row = await database.query((sql) => sql.selectFrom('identities').selectAll().executeTakeFirstOrThrow());
    const { session_key: current, previous_session_key: previous } = row;
    return { current, previous, opened: [open(keys, current, place), previous && open(keys, previous, place)] };
  }

  test('is kept with its predecessor, and nothing older', async () => {
    expect((await exchanged('key-1')).opened).toEqual(['key-1', null]);
    expect((await exchanged('key-2', 'key-3')).opened).toEqual(['key-3', 'key-2']);
  });

  test('answered again by the platform does not push its predecessor out', async () => {
    expect((await exchanged('key-1', 'key-2', 'key-2', 'key-2')).opened).toEqual(['key-2', 'key-1']);
  });

  test('is sealed, and does not open in the row of somebody else', async () => {
    const { current } = await exchanged('key-1');
    expect(current).not.toContain('key-1');
    expect(open(keys, current, lengthPrefixed(['default', 'WECHAT', 'wx1', 'bob']))).toBeNull();
  });
});
