import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KeyvStoreAdapter } from 'keyv';
import { adapterOver, createSqliteAdapter } from '../../../src/sessions/stores/sqlite.js';
import { openSqliteFile, type SqliteFile } from '../../../src/sql/sqlite-file.js';
import { keyvSuite } from '../../suites/keyv.js';
import { sessionStoreSuite } from '../../suites/session-store.js';
import { startChild, type TestChild } from '../../support/child-process.js';
import { makeTempDir } from '../../support/test-gateway.js';

sessionStoreSuite('sqlite', async () => {
  const dir = makeTempDir();
  const file = await openSqliteFile(join(dir.path, 'test.db'));
  return {
    adapter: await createSqliteAdapter(file),
    breakDown: () => file.transaction((connection) => void connection.exec('DROP TABLE keyv')),
    close: async () => {
      await file.close();
      dir.remove();
    },
  };
});

const dir = makeTempDir();
const path = join(dir.path, 'keyv.db');
let file: SqliteFile;
let other: TestChild;

beforeAll(async () => {
  file = await openSqliteFile(path);
  await createSqliteAdapter(file);
  other = startChild(new URL('../../sql/other-process.ts', import.meta.url));
});
afterAll(async () => {
  await other.kill();
  await file.close();
  dir.remove();
});

describe('the SQLite adapter under the tests of Keyv', () => {
  keyvSuite(() => adapterOver(file), { iterates: true });
});

describe('the SQLite adapter, when another process opens the file and reads, under the tests of Keyv', () => {
  keyvSuite(
    () =>
      Object.assign<KeyvStoreAdapter, Partial<KeyvStoreAdapter>>(adapterOver(file), {
        get: async (key: string) => ((await other.ask('get', path, key)) ?? undefined) as never,
      }),
    { iterates: true },
  );
});

describe('the SQLite adapter, when another process opens the file and writes, under the tests of Keyv', () => {
  keyvSuite(
    () =>
      Object.assign<KeyvStoreAdapter, Partial<KeyvStoreAdapter>>(adapterOver(file), {
        set: async (key: string, value: unknown, ttlMs?: number) => other.ask('set', path, key, value, ttlMs),
      }),
    { iterates: true },
  );
});

describe('the SQLite adapter', () => {
  test('tells one of two that delete at once that there was something', async () => {
    const adapter = adapterOver(file);
    await adapter.set('claim', '{}');
    expect(await Promise.all([adapter.delete('claim'), adapter.delete('claim')])).toEqual([true, false]);
  });

  test('clears and iterates its namespace only, whatever the letters in it', async () => {
    const [ours, theirs] = [adapterOver(file), adapterOver(file)];
    ours.namespace = 'a_%';
    theirs.namespace = 'abc';
    await ours.set('a_%:1', 'ours');
    await theirs.set('abc:1', 'theirs');
    const found: unknown[] = [];
    for await (const entry of ours.iterator?.('a_%') ?? []) found.push(entry);
    expect(found).toEqual([['a_%:1', 'ours']]);
    await ours.clear();
    expect(await ours.get('a_%:1')).toBeUndefined();
    expect(await theirs.get('abc:1')).toBe('theirs');
  });

  test('iterates over more than one page', async () => {
    const adapter = adapterOver(file);
    const keys = Array.from({ length: 250 }, (_, index) => `pages:${String(index).padStart(3, '0')}`);
    await Promise.all(keys.map((key) => adapter.set(key, '{}')));
    const found: string[] = [];
    for await (const [key] of adapter.iterator?.('pages') ?? []) found.push(String(key));
    expect(found).toEqual(keys);
  });
});
