import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DatabaseUrl } from '../src/lib/store-url.js';
import { openSqliteFile } from '../src/sql/sqlite-file.js';
import { openStores, type Stores } from '../src/stores.js';
import { describeWithService } from './servers/describe-with-service.js';
import type { LocalServer } from './servers/local-server.js';
import { askPostgres, freshDatabase, startPostgres } from './servers/postgres.js';
import { HASH, NOW, VALUE } from './suites/session-store.js';
import { startChild } from './support/child-process.js';
import { startOwnTime } from './support/own-time.js';
import { makeTempDir, type TempDir } from './support/test-gateway.js';

const OTHER_PROCESS = new URL('./sql/other-process.ts', import.meta.url);
const MEMORY: DatabaseUrl = { kind: 'memory' };

let dir: TempDir;
beforeEach(() => {
  dir = makeTempDir();
});
afterEach(() => dir.remove());

const sqlite = (...names: string[]): DatabaseUrl => ({ kind: 'sqlite', path: join(dir.path, ...names) });
const open = (databaseUrl: DatabaseUrl, sessionStoreUrl: DatabaseUrl) =>
  openStores({ databaseUrl, sessionStoreUrl }, Date.now);

/** Writes to both stores, closes them, and answers what a second opening finds. */
async function whatStays(
  databaseUrl: DatabaseUrl,
  sessionStoreUrl: DatabaseUrl,
): Promise<{ users: number; session: boolean }> {
  const first = await open(databaseUrl, sessionStoreUrl);
  for (const check of Object.values(first.checks)) await check();
  await Promise.all([addUser(first, 'alice'), first.sessionStore.set(HASH, VALUE, NOW), addUser(first, 'bob')]);
  await first.close();
  await first.close();
  const second = await open(databaseUrl, sessionStoreUrl);
  const users = await second.database.query((sql) => sql.selectFrom('users').select('id').execute());
  const session = (await second.sessionStore.get(HASH)) !== null;
  await second.close();
  return { users: users.length, session };
}

function addUser({ database }: Stores, id: string): Promise<unknown> {
  return database.transaction((sql, now) =>
    sql.insertInto('users').values({ id, tenant: 'default', created_at: now }).execute(),
  );
}

describe('stores', () => {
  test('share a file', async () => {
    expect(await whatStays(sqlite('both.db'), sqlite('both.db'))).toEqual({ users: 2, session: true });
  });

  test('have a file each, in folders that are made for them', async () => {
    expect(await whatStays(sqlite('a', 'b', 'sql.db'), sqlite('c', 'sessions.db'))).toEqual({
      users: 2,
      session: true,
    });
  });

  test.each<[string, () => [DatabaseUrl, DatabaseUrl], unknown]>([
    ['both', () => [MEMORY, MEMORY], { users: 0, session: false }],
    ['SQL', () => [MEMORY, sqlite('sessions.db')], { users: 0, session: true }],
    ['the sessions', () => [sqlite('sql.db'), MEMORY], { users: 2, session: false }],
  ])('keep nothing of what is in memory: %s', async (_which, urls, stays) => {
    expect(await whatStays(...urls())).toEqual(stays);
  });

  test('on a shared file wait for each other, and neither fails', async () => {
    const stores = await open(sqlite('both.db'), sqlite('both.db'));
    const work = Array.from({ length: 50 }, (_, index) => [
      addUser(stores, `user-${index}`),
      stores.sessionStore.set(`${HASH}${index}`, VALUE, NOW),
      stores.sessionStore.get(`${HASH}${index}`),
    ]);
    await Promise.all(work.flat());
    await stores.close();
  });

  test('answer SERVICE_UNAVAILABLE within two seconds while another process holds the file', async () => {
    const url = sqlite('both.db');
    const stores = await open(url, url);
    const other = startChild(OTHER_PROCESS);
    try {
      await stores.sessionStore.set(HASH, VALUE, NOW);
      await other.ask('hold', join(dir.path, 'both.db'));
      const took = startOwnTime();
      const writes = [
        addUser(stores, 'alice'),
        stores.sessionStore.set(HASH, { ...VALUE, sid: 'late' }, NOW),
        stores.sessionStore.delete(HASH),
      ];
      const outcomes = await Promise.allSettled(writes);
      expect(outcomes).toEqual(
        Array(3).fill({ status: 'rejected', reason: expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' }) }),
      );
      expect(took()).toBeLessThan(3_500);
      expect(await stores.sessionStore.get(HASH)).toEqual(VALUE);
      await other.ask('release');
      await addUser(stores, 'bob');
      expect(await stores.sessionStore.get(HASH)).toEqual(VALUE);
    } finally {
      await other.kill();
      await stores.close();
    }
  });
});

describe('stores that cannot be opened', () => {
  /** One sentence that names the variable, and not where the file is. */
  async function sentence(databaseUrl: DatabaseUrl, sessionStoreUrl: DatabaseUrl): Promise<string> {
    const error = await open(databaseUrl, sessionStoreUrl).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Error);
    const { message } = error as Error;
    expect(message).not.toContain(dir.path);
    expect(message).not.toContain('\n');
    return message;
  }

  const bad: [what: string, path: string[], reason: RegExp][] = [
    ['a file that is no database', ['shopping.txt'], /it is no SQLite database/],
    ['a path through a file', ['shopping.txt', 'menjin.db'], /a part of its path is a file/],
    ['a folder', ['folder'], /it is a folder/],
  ];

  test.each(bad)('say so for %s, and leave it as it is', async (_what, path, reason) => {
    const text = 'milk, eggs, bread\n'.repeat(1_000);
    writeFileSync(join(dir.path, 'shopping.txt'), text);
    mkdirSync(join(dir.path, 'folder'));
    expect(await sentence(sqlite(...path), MEMORY)).toMatch(new RegExp(`^DATABASE_URL: .*${reason.source}`));
    expect(await sentence(sqlite('good.db'), sqlite(...path))).toMatch(
      new RegExp(`^SESSION_STORE_URL: .*${reason.source}`),
    );
    expect(readFileSync(join(dir.path, 'shopping.txt'), 'utf8')).toBe(text);
  });

  test('say so for a database of a newer menjin', async () => {
    await (await open(sqlite('new.db'), MEMORY)).close();
    const file = await openSqliteFile(join(dir.path, 'new.db'));
    await file.transaction((connection) => connection.exec('INSERT INTO schema_versions VALUES (99, 0)'));
    await file.close();
    expect(await sentence(sqlite('new.db'), MEMORY)).toMatch(/^DATABASE_URL: .*version 99.*start a newer menjin/);
  });

  // Windows has no such modes.
  const testModes = process.platform === 'win32' ? test.skip : test;
  testModes.each<[what: string, locked: string[], mode: number]>([
    ['a read-only folder', [], 0o555],
    ['a read-only file', ['old.db'], 0o444],
    ['a file that may not be read', ['old.db'], 0o000],
  ])('say so for %s', async (_what, locked, mode) => {
    const path = join(dir.path, locked[0] ?? 'new.db');
    if (locked.length > 0) await (await open({ kind: 'sqlite', path }, MEMORY)).close();
    const child = startChild(OTHER_PROCESS);
    try {
      const message = await child.ask('openWithMode', path, join(dir.path, ...locked), mode);
      expect(message).toMatch(
        /^DATABASE_URL: the SQLite file cannot be used: .*(may not be written|is its folder writable)/,
      );
    } finally {
      await child.kill();
    }
  });
});

describeWithService('postgres', 'stores in PostgreSQL', () => {
  const PASSWORD = 'CANARY-of-postgres';
  let server: LocalServer;
  let url: string;

  beforeAll(async () => {
    server = await startPostgres({ password: PASSWORD });
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await freshDatabase(server);
  });

  const postgres = (text: string): DatabaseUrl => ({ kind: 'postgres', url: text });
  const connections = async (of: string) =>
    askPostgres(
      of,
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'menjin' AND datname = current_database()",
    );

  test('share the connections to one database', async () => {
    expect(await whatStays(postgres(url), postgres(url))).toEqual({ users: 2, session: true });
    const stores = await open(postgres(url), postgres(url));
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => [addUser(stores, `u${n}`), stores.sessionStore.get(HASH)]).flat(),
    );
    expect((await connections(url)).length).toBeLessThanOrEqual(10);
    await stores.close();
    expect(await connections(url)).toEqual([]);
  });

  test.each<[string, () => Promise<[DatabaseUrl, DatabaseUrl]>, unknown]>([
    [
      'a database each',
      async () => [postgres(url), postgres(await freshDatabase(server))],
      { users: 2, session: true },
    ],
    ['SQL', async () => [postgres(url), MEMORY], { users: 2, session: false }],
    ['the sessions', async () => [sqlite('sql.db'), postgres(url)], { users: 2, session: true }],
  ])('may be there alone: %s', async (_which, urls, stays) => {
    expect(await whatStays(...(await urls()))).toEqual(stays);
  });

  test('warn, once, of settings with which it does not keep what it says it has', async () => {
    await askPostgres(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET synchronous_commit = off`);
    const stores = await open(postgres(url), postgres(url));
    expect(stores.warnings).toEqual([
      'PostgreSQL has fsync = off: a power cut may damage the database',
      'PostgreSQL has full_page_writes = off: a power cut may damage the database',
      'PostgreSQL has synchronous_commit = off: a crash may take the last logins and logouts with it',
    ]);
    await stores.close();
    const local = await open(MEMORY, MEMORY);
    expect(local.warnings).toEqual([]);
    await local.close();
  });

  test.each<[what: string, spoil: (url: string) => Promise<string> | string, reason: RegExp]>([
    ['a wrong password', (text) => text.replace(PASSWORD, `${PASSWORD}-old`), /it refuses the user or the password$/],
    ['no password', (text) => text.replace(`:${PASSWORD}`, ''), /it asks for a password$/],
    ['an unknown user', (text) => text.replace('//postgres:', '//mallory:'), /it refuses the user or the password$/],
    ['a database that is not there', (text) => `${text}_gone`, /there is no such database$/],
    ['one that speaks no TLS', (text) => `${text}?sslmode=require`, /it speaks no TLS, which sslmode asks for$/],
    [
      'a user who may not make tables',
      async (text) => {
        await askPostgres(server.url, `CREATE ROLE reader LOGIN PASSWORD '${PASSWORD}'`).catch(() => undefined);
        return text.replace('//postgres:', '//reader:');
      },
      /the user may not make or change the tables$/,
    ],
  ])('say so in a sentence, without a part of the URL: %s', async (_what, spoil, reason) => {
    const spoiled = postgres(await spoil(url));
    for (const [variable, opening] of [
      ['DATABASE_URL', () => open(spoiled, MEMORY)],
      ['SESSION_STORE_URL', () => open(MEMORY, spoiled)],
    ] as const) {
      const { message } = (await opening().catch((error: unknown) => error)) as Error;
      expect(message).toMatch(new RegExp(`^${variable}: PostgreSQL cannot be used: `));
      expect(message).toMatch(reason);
      expect(message).not.toMatch(/CANARY|127\.0\.0\.1|test_|\n/);
    }
  });

  test('say so for a database of a newer menjin', async () => {
    await (await open(postgres(url), MEMORY)).close();
    await askPostgres(url, 'INSERT INTO schema_versions VALUES (99, 0)');
    await expect(open(postgres(url), MEMORY)).rejects.toThrow(/^DATABASE_URL: .*version 99.*start a newer menjin/);
  });

  test('wait for a server that is still starting', async () => {
    await server.kill();
    const opening = open(postgres(url), postgres(url));
    await server.restart();
    const stores = await opening;
    expect(await stores.sessionStore.get(HASH)).toBeNull();
    await stores.close();
  });

  test('need no right to make tables once they are there', async () => {
    await (await open(postgres(url), postgres(url))).close();
    await askPostgres(server.url, `CREATE ROLE writer LOGIN PASSWORD '${PASSWORD}'`).catch(() => undefined);
    await askPostgres(url, 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writer');
    const asWriter = postgres(url.replace('//postgres:', '//writer:'));
    expect(await whatStays(asWriter, asWriter)).toEqual({ users: 2, session: true });
  });
});
