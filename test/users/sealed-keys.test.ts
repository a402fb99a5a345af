import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createKeyRing } from '../../src/lib/key-ring.js';
import { type Database, openSqliteDatabase } from '../../src/sql/database.js';
import { openSqliteFile, type SqliteFile } from '../../src/sql/sqlite-file.js';
import { reseal } from '../../src/users/reseal.js';
import { countSealed } from '../../src/users/sealed-keys.js';
import { startChild } from '../support/child-process.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';
import { logIn, sealedRows } from './sealed-rows.js';

const oldKey = Buffer.alloc(32, 'old');
const newKey = Buffer.alloc(32, 'new');
const goneKey = Buffer.alloc(32, 'gone');
const old = createKeyRing([oldKey]);
const rotated = createKeyRing([newKey, oldKey]);
const gone = createKeyRing([goneKey]);
const [oldKid, newKid, goneKid] = [old, rotated, gone].map((ring) => ring.first.kid);

describe('the sealed session_keys of all identities', () => {
  let dir: TempDir;
  let file: SqliteFile;
  let database: Database;

  beforeEach(async () => {
    dir = makeTempDir();
    file = await openSqliteFile(join(dir.path, 'menjin.db'));
    database = await openSqliteDatabase(file, () => 0);
  });

  afterEach(async () => {
    await file.close();
    dir.remove();
  });

  async function setText(openid: string, change: (text: string) => string): Promise<void> {
    await database.transaction(async (sql) => {
      const row = await sql.selectFrom('identities').selectAll().where('openid', '=', openid).executeTakeFirstOrThrow();
      const session_key = change(row.session_key);
      await sql.updateTable('identities').set({ session_key }).where('id', '=', row.id).execute();
    });
  }

  /** Two hundred and fifty people: more than two pages. */
  async function logInCrowd(): Promise<string[]> {
    const openids = Array.from({ length: 250 }, (_, n) => `o${String(n).padStart(3, '0')}`);
    for (const openid of openids) await logIn(database, old, openid, `key of ${openid}`);
    return openids;
  }

  test('are counted by the key that sealed them, with those that no key of the ring opens', async () => {
    await logIn(database, old, 'alice', 'alice-1');
    await logIn(database, rotated, 'alice', 'alice-2');
    await logIn(database, rotated, 'bob', 'bob-1');
    await logIn(database, gone, 'carol', 'carol-1');
    await logIn(database, old, 'dave', 'dave-1');
    await setText('dave', () => 'not a sealed text');
    const counts = await countSealed(database, rotated);
    expect(new Map(counts.map(({ kid, ...count }) => [kid, count]))).toEqual(
      new Map([
        [oldKid, { current: 0, previous: 1, closed: 0 }],
        [newKid, { current: 2, previous: 0, closed: 0 }],
        [goneKid, { current: 1, previous: 0, closed: 1 }],
        [null, { current: 1, previous: 0, closed: 1 }],
      ]),
    );
  });

  test('swapped between two rows do not open: they are counted as closed, and not sealed anew', async () => {
    await logIn(database, old, 'alice', 'of alice');
    await logIn(database, old, 'bob', 'of bob');
    const [alice, bob] = await database.query((sql) =>
      sql.selectFrom('identities').select(['openid', 'session_key']).orderBy('openid').execute(),
    );
    await setText('alice', () => bob?.session_key ?? '');
    await setText('bob', () => alice?.session_key ?? '');
    expect(await countSealed(database, rotated)).toEqual([{ kid: oldKid, current: 2, previous: 0, closed: 2 }]);
    expect(await reseal(database, rotated)).toEqual({ identities: 2, resealed: 0, closed: 2, overtaken: 0 });
    for (const { kids, opened } of await sealedRows(database, rotated)) {
      expect({ kids, opened }).toEqual({ kids: [oldKid, null], opened: [null, null] });
    }
  });

  const changes: [string, (text: string) => string][] = [
    ['a flipped bit', (text) => text.replace(/.(?=.{9}$)/, (letter) => (letter === 'A' ? 'B' : 'A'))],
    ['a short tag', (text) => text.slice(0, -4)],
    ['the name of another key of the ring', (text) => text.replace(String(oldKid), String(newKid))],
    ['the name of a key that nobody has', (text) => text.replace(String(oldKid), '00000000')],
  ];
  test.each(changes)('with %s do not open, and their login brings new ones', async (_, change) => {
    await logIn(database, old, 'alice', 'alice-1');
    await setText('alice', change);
    const [count] = await countSealed(database, rotated);
    expect([count?.current, count?.closed]).toEqual([1, 1]);
    expect(await reseal(database, rotated)).toMatchObject({ resealed: 0, closed: 1 });
    await logIn(database, rotated, 'alice', 'alice-2');
    expect(await sealedRows(database, rotated)).toMatchObject([{ opened: ['alice-2', null] }]);
  });

  test('are sealed under the first key, both of each identity, and open as before', async () => {
    const openids = await logInCrowd();
    await logIn(database, old, 'o007', 'newer key of o007');
    expect(await reseal(database, rotated)).toEqual({ identities: 250, resealed: 251, closed: 0, overtaken: 0 });
    const rows = await sealedRows(database, createKeyRing([newKey]));
    expect(rows.map(({ openid }) => openid)).toEqual(openids);
    for (const { openid, kids, opened } of rows) {
      const expected = openid === 'o007' ? ['newer key of o007', 'key of o007'] : [`key of ${openid}`, null];
      expect({ kids, opened }).toEqual({ kids: [newKid, openid === 'o007' ? newKid : null], opened: expected });
    }
    expect(await reseal(database, rotated)).toEqual({ identities: 250, resealed: 0, closed: 0, overtaken: 0 });
  });

  test('of which the key is unknown stay as they are, and open again when it is back', async () => {
    await logIn(database, gone, 'alice', 'of alice');
    await logIn(database, old, 'alice', 'newer of alice');
    expect(await reseal(database, rotated)).toEqual({ identities: 1, resealed: 1, closed: 1, overtaken: 0 });
    expect(await sealedRows(database, createKeyRing([newKey, goneKey]))).toEqual([
      { openid: 'alice', kids: [newKid, goneKid], opened: ['newer of alice', 'of alice'] },
    ]);
  });

  test('that a login replaced between the read and the write are left to the login, and the rest is done at once', async () => {
    for (const openid of ['alice', 'bob']) await logIn(database, old, openid, `${openid}-1`);
    let isFirst = true;
    const overtaken: Database = {
      ...database,
      transaction: async (work) => {
        if (isFirst) await logIn(database, old, 'alice', 'alice-2');
        isFirst = false;
        return database.transaction(work);
      },
    };
    expect(await reseal(overtaken, rotated)).toEqual({ identities: 2, resealed: 3, closed: 0, overtaken: 0 });
    expect(await sealedRows(database, createKeyRing([newKey]))).toEqual([
      { openid: 'alice', kids: [newKid, newKid], opened: ['alice-2', 'alice-1'] },
      { openid: 'bob', kids: [newKid, null], opened: ['bob-1', null] },
    ]);
  });

  test('that logins replace again and again are told, and lose nothing', async () => {
    await logIn(database, old, 'alice', 'alice-0');
    let logins = 0;
    const overtaken: Database = {
      ...database,
      transaction: async (work) => {
        logins += 1;
        await logIn(database, old, 'alice', `alice-${logins}`);
        return database.transaction(work);
      },
    };
    expect(await reseal(overtaken, rotated)).toEqual({ identities: 1, resealed: 0, closed: 0, overtaken: 1 });
    expect(await sealedRows(database, old)).toMatchObject([{ opened: [`alice-${logins}`, `alice-${logins - 1}`] }]);
  });

  test('being sealed anew by a process that is killed -9 in the middle all open, and the next run does the rest', async () => {
    const openids = await logInCrowd();
    const child = startChild(new URL('./children/reseal.ts', import.meta.url));
    const keys = [newKey, oldKey].map((key) => key.toString('base64'));
    await expect(child.ask('resealUntilKilled', join(dir.path, 'menjin.db'), keys, 2)).rejects.toThrow('SIGKILL');
    await child.kill();

    const half = await sealedRows(database, rotated);
    expect(half.map(({ opened }) => opened[0])).toEqual(openids.map((openid) => `key of ${openid}`));
    expect(half.filter(({ kids }) => kids[0] === newKid)).toHaveLength(100);

    expect(await reseal(database, rotated)).toEqual({ identities: 250, resealed: 150, closed: 0, overtaken: 0 });
    const whole = await sealedRows(database, createKeyRing([newKey]));
    expect(whole.map(({ opened }) => opened[0])).toEqual(openids.map((openid) => `key of ${openid}`));
  });
});
