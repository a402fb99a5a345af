import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, isUniqueViolation, openSqliteDatabase } from '../../src/sql/database.js';
import { openSqliteFile, type SqliteFile } from '../../src/sql/sqlite-file.js';
import { startChild } from '../support/child-process.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

let dir: TempDir;
let path: string;
let file: SqliteFile;

beforeEach(async () => {
  dir = makeTempDir();
  path = join(dir.path, 'test.db');
  file = await openSqliteFile(path, 1_000);
});
afterEach(async () => {
  await file.close();
  dir.remove();
});

const addUser = (database: Database, id: string, tenant = 'default') =>
  database.transaction((sql, now) => sql.insertInto('users').values({ id, tenant, created_at: now }).execute());
const users = (database: Database) => database.query((sql) => sql.selectFrom('users').selectAll().execute());

/** Everything the file says about itself and its version. */
async function shapeOf(sqlite: SqliteFile): Promise<unknown[]> {
  return sqlite.read((connection) => [
    connection.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all([]),
    connection.prepare('SELECT * FROM schema_versions').all([]),
  ]);
}

describe('a new database', () => {
  test('is made once, by one of six processes that start at once, and all can use it', async () => {
    const children = Array.from({ length: 6 }, () => startChild(new URL('./other-process.ts', import.meta.url)));
    try {
      // All are up before the first begins.
      await Promise.all(children.map((child) => child.ask('release')));
      expect(await Promise.all(children.map((child) => child.ask('migrate', path)))).toEqual(Array(6).fill(0));
    } finally {
      await Promise.all(children.map((child) => child.kill()));
    }
    const versions = await file.read((connection) => connection.prepare('SELECT version FROM schema_versions').all([]));
    expect(versions).toEqual([{ version: 1 }]);
  }, 60_000);

  test('says when it was made, and is not changed by being opened again', async () => {
    const database = await openSqliteDatabase(file, () => 1_000);
    await addUser(database, 'alice');
    const before = await shapeOf(file);
    expect(before[1]).toEqual([{ version: 1, applied_at: 1_000 }]);
    const again = await openSqliteDatabase(file, () => 2_000);
    expect(await shapeOf(file)).toEqual(before);
    expect(await users(again)).toMatchObject([{ id: 'alice' }]);
  });

  test('is not half made when a migration fails', async () => {
    await file.transaction((connection) => connection.exec('CREATE TABLE login_claims (something integer)'));
    await expect(openSqliteDatabase(file, Date.now)).rejects.toThrow(/login_claims/);
    const tables = await file.read((connection) =>
      connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all([]),
    );
    expect(tables).toEqual([{ name: 'login_claims' }]);
  });
});

test('a database of a newer version is refused and left as it is', async () => {
  await openSqliteDatabase(file, Date.now);
  await file.transaction((connection) => connection.exec('INSERT INTO schema_versions VALUES (99, 0)'));
  const before = await shapeOf(file);
  await expect(openSqliteDatabase(file, Date.now)).rejects.toThrow(/version 99.*start a newer menjin$/);
  expect(await shapeOf(file)).toEqual(before);
});

describe.each(['a file', 'memory'])('a database in %s', (where) => {
  let database: Database;
  let sqlite: SqliteFile;
  beforeEach(async () => {
    sqlite = where === 'memory' ? await openSqliteFile(':memory:', 1_000) : file;
    database = await openSqliteDatabase(sqlite, () => 7);
  });
  afterEach(() => sqlite.close());

  test('stamps rows with its own clock', async () => {
    await addUser(database, 'alice');
    expect(await users(database)).toEqual([{ id: 'alice', tenant: 'default', created_at: 7 }]);
  });

  test('keeps nothing of a transaction that failed', async () => {
    const failing = database.transaction(async (sql, now) => {
      await sql.insertInto('users').values({ id: 'alice', tenant: 'default', created_at: now }).execute();
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await users(database)).toEqual([]);
  });

  test('tells a second row of its kind from other failures', async () => {
    await addUser(database, 'alice');
    const second = await addUser(database, 'alice').catch((error: unknown) => error);
    expect(isUniqueViolation(second)).toBe(true);
    const nameless = await addUser(database, 'bob', null as unknown as string).catch((error: unknown) => error);
    expect(nameless).toMatchObject({ code: 'SQLITE_CONSTRAINT_NOTNULL' });
    expect(isUniqueViolation(nameless)).toBe(false);
  });

  test('runs many transactions at once, one after the other', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `user-${index}`);
    await Promise.all(names.map((name) => addUser(database, name)));
    expect(await users(database)).toHaveLength(40);
  });

  test('is SERVICE_UNAVAILABLE once it is closed', async () => {
    await sqlite.close();
    await expect(users(database)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', log: { store: 'sql' } });
    await expect(addUser(database, 'alice')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});

describe('a database that cannot answer', () => {
  test('is SERVICE_UNAVAILABLE for a writer while another process holds it, and answers readers', async () => {
    const database = await openSqliteDatabase(file, Date.now);
    await addUser(database, 'alice');
    const other = startChild(new URL('./other-process.ts', import.meta.url));
    try {
      await other.ask('hold', path);
      await expect(addUser(database, 'bob')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
      expect(await users(database)).toHaveLength(1);
      await other.ask('release');
      await addUser(database, 'bob');
    } finally {
      await other.kill();
    }
  });

  test('is SERVICE_UNAVAILABLE when the disk is full, and recovers', async () => {
    const database = await openSqliteDatabase(file, Date.now);
    const pages = (count: string) => file.transaction((connection) => connection.pragma(`max_page_count = ${count}`));
    await pages('1');
    await expect(addUser(database, 'x'.repeat(20_000))).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      cause: { code: 'SQLITE_FULL' },
    });
    expect(await users(database)).toEqual([]);
    await pages('100000');
    await addUser(database, 'x'.repeat(20_000));
    expect(await users(database)).toHaveLength(1);
  });

  test('lets a failure that is none of the store through as it is', async () => {
    const database = await openSqliteDatabase(file, Date.now);
    await expect(
      database.query((sql) =>
        sql
          .selectFrom('nothing' as 'users')
          .selectAll()
          .execute(),
      ),
    ).rejects.toMatchObject({ code: 'SQLITE_ERROR' });
  });
});
