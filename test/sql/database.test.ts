import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openSqliteDatabase } from '../../src/sql/database.js';
import { openSqliteFile, type SqliteFile } from '../../src/sql/sqlite-file.js';
import { addUser, databaseSuite, usersOf } from '../suites/database.js';
import { startChild } from '../support/child-process.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

/** For what does not ask how long anything may take: a machine may stand still. */
const PATIENT_MS = 30_000;

let dir: TempDir;
let path: string;
let file: SqliteFile;

beforeEach(async () => {
  dir = makeTempDir();
  path = join(dir.path, 'test.db');
  file = await openSqliteFile(path, PATIENT_MS);
});
afterEach(async () => {
  await file.close();
  dir.remove();
});

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
    expect(versions).toEqual(versions.map((_, index) => ({ version: index + 1 })));
  }, 60_000);

  test('says when it was made, and is not changed by being opened again', async () => {
    const database = await openSqliteDatabase(file, () => 1_000);
    await addUser(database, 'alice');
    const before = await shapeOf(file);
    expect(before[1]).toContainEqual({ version: 1, applied_at: 1_000 });
    const again = await openSqliteDatabase(file, () => 2_000);
    expect(await shapeOf(file)).toEqual(before);
    expect(await usersOf(again)).toMatchObject([{ id: 'alice' }]);
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

databaseSuite('a file', async () => ({ database: await openSqliteDatabase(file, () => 7), close: () => file.close() }));

databaseSuite('memory', async () => {
  const sqlite = await openSqliteFile(':memory:', PATIENT_MS);
  return { database: await openSqliteDatabase(sqlite, () => 7), close: () => sqlite.close() };
});

describe('a database that cannot answer', () => {
  test('is SERVICE_UNAVAILABLE for a writer while another process holds it, and answers readers', async () => {
    const database = await openSqliteDatabase(file, Date.now);
    await addUser(database, 'alice');
    const impatient = await openSqliteFile(path, 300);
    const hasty = await openSqliteDatabase(impatient, Date.now);
    const other = startChild(new URL('./other-process.ts', import.meta.url));
    try {
      await other.ask('hold', path);
      await expect(addUser(hasty, 'bob')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
      expect(await usersOf(hasty)).toHaveLength(1);
      await other.ask('release');
      await addUser(database, 'bob');
    } finally {
      await other.kill();
      await impatient.close();
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
    expect(await usersOf(database)).toEqual([]);
    await pages('100000');
    await addUser(database, 'x'.repeat(20_000));
    expect(await usersOf(database)).toHaveLength(1);
  });
});
