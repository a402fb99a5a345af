import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openSqliteDatabase } from '../../src/sql/database.js';
import { connectPostgres, type Postgres } from '../../src/sql/postgres.js';
import { openPostgresDatabase } from '../../src/sql/postgres-database.js';
import { openSqliteFile } from '../../src/sql/sqlite-file.js';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { askPostgres, freshDatabase, startPostgres } from '../servers/postgres.js';
import { addUser, databaseSuite, usersOf } from '../suites/database.js';
import { startChild } from '../support/child-process.js';
import { deferred } from '../support/faults.js';

describeWithService('postgres', 'SQL in PostgreSQL', () => {
  let server: LocalServer;
  let url: string;
  let postgres: Postgres;

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await freshDatabase(server);
    postgres = connectPostgres(url);
  });
  afterEach(() => postgres.close());

  databaseSuite('PostgreSQL', async () => ({
    database: await openPostgresDatabase(postgres, () => 7),
    close: () => postgres.close(),
  }));

  describe('a new database', () => {
    test('is made once, by one of six processes that start at once, and all can use it', async () => {
      const children = Array.from({ length: 6 }, () =>
        startChild(new URL('./other-postgres-process.ts', import.meta.url)),
      );
      try {
        // All are up before the first begins.
        await Promise.all(children.map((child) => child.ask('ready')));
        expect(await Promise.all(children.map((child) => child.ask('migrate', url)))).toEqual(Array(6).fill(0));
      } finally {
        await Promise.all(children.map((child) => child.kill()));
      }
      const versions = await askPostgres(url, 'SELECT version FROM schema_versions ORDER BY version');
      expect(versions).toEqual(versions.map((_, index) => ({ version: index + 1 })));
      expect(versions.length).toBeGreaterThan(0);
    });

    test('is not half made when a migration fails', async () => {
      await askPostgres(url, 'CREATE TABLE login_claims (something integer)');
      await expect(openPostgresDatabase(postgres, null)).rejects.toMatchObject({ code: '42P07' });
      const tables = await askPostgres(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
      expect(tables).toEqual([{ tablename: 'login_claims' }]);
    });

    test('has the tables and columns that it has in SQLite', async () => {
      await openPostgresDatabase(postgres, null);
      const file = await openSqliteFile(':memory:');
      await openSqliteDatabase(file, Date.now);
      const inSqlite = await file.read((connection) =>
        connection
          .prepare(
            'SELECT m.name AS table_name, c.name AS column_name, c."notnull" OR c.pk AS required FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = \'table\' ORDER BY 1, 2',
          )
          .all([]),
      );
      await file.close();
      const inPostgres = await askPostgres(
        url,
        'SELECT table_name, column_name, CASE is_nullable WHEN \'NO\' THEN 1 ELSE 0 END AS required FROM information_schema.columns WHERE table_schema = \'public\' ORDER BY table_name COLLATE "C", column_name COLLATE "C"',
      );
      expect(inPostgres).toEqual((inSqlite as object[]).map((row) => ({ ...row })));
    });
  });

  test('a database of a newer version is refused and left as it is', async () => {
    await openPostgresDatabase(postgres, null);
    await askPostgres(url, 'INSERT INTO schema_versions VALUES (99, 0)');
    await expect(openPostgresDatabase(postgres, null)).rejects.toThrow(/version 99.*start a newer menjin$/);
    expect(await askPostgres(url, 'SELECT max(version) AS version FROM schema_versions')).toEqual([{ version: 99 }]);
  });

  test('without a clock of our own rows are stamped by the one of the server', async () => {
    const database = await openPostgresDatabase(postgres, null);
    const clock = async () =>
      Number((await askPostgres<{ now: string }>(url, 'SELECT extract(epoch FROM now()) * 1000 AS now'))[0]?.now);
    const before = await clock();
    await addUser(database, 'alice');
    const read = await database.query(async (_sql, now) => now);
    const after = await clock();
    const [alice] = await usersOf(database);
    for (const at of [alice?.created_at, read]) {
      expect(at).toBeGreaterThanOrEqual(Math.floor(before));
      expect(at).toBeLessThanOrEqual(Math.ceil(after));
      expect(Number.isInteger(at)).toBe(true);
    }
  });

  test('two transactions that lock each other out are both done: the one that had to give way is tried again', async () => {
    await askPostgres(server.url, "ALTER SYSTEM SET deadlock_timeout = '50ms'");
    await askPostgres(server.url, 'SELECT pg_reload_conf()');
    const database = await openPostgresDatabase(postgres, null);
    await addUser(database, 'a');
    await addUser(database, 'b');
    const haveFirst = [deferred<void>(), deferred<void>()] as const;
    let attempts = 0;
    const both = (order: readonly string[], mine: 0 | 1) =>
      database.transaction(async (sql) => {
        attempts += 1;
        for (const id of order) {
          await sql.updateTable('users').set({ tenant: 'changed' }).where('id', '=', id).execute();
          haveFirst[mine].resolve();
          await haveFirst[(1 - mine) as 0 | 1].promise;
        }
      });
    await Promise.all([both(['a', 'b'], 0), both(['b', 'a'], 1)]);
    expect(attempts).toBe(3);
    expect((await usersOf(database)).map((user) => user.tenant)).toEqual(['changed', 'changed']);
  });

  test('a transaction whose failed statement was passed over is a failure, and leaves nothing', async () => {
    const database = await openPostgresDatabase(postgres, null);
    await addUser(database, 'alice');
    const half = database.transaction(async (sql, now) => {
      await sql.insertInto('users').values({ id: 'bob', tenant: 'default', created_at: now }).execute();
      await sql
        .insertInto('users')
        .values({ id: 'alice', tenant: 'default', created_at: now })
        .execute()
        .catch(() => undefined);
    });
    await expect(half).rejects.toThrow('nothing was committed');
    expect(await usersOf(database)).toHaveLength(1);
  });

  test('what a transaction leaves running when it fails does not write into the next one', async () => {
    const database = await openPostgresDatabase(postgres, null);
    const goOn = deferred<void>();
    let stray: Promise<unknown> = Promise.resolve();
    const failing = database.transaction(async (sql, now) => {
      stray = goOn.promise.then(() =>
        sql.insertInto('users').values({ id: 'stray', tenant: 'default', created_at: now }).execute(),
      );
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    await database.transaction(async (sql, now) => {
      goOn.resolve();
      await expect(stray).rejects.toThrow();
      await sql.insertInto('users').values({ id: 'next', tenant: 'default', created_at: now }).execute();
    });
    expect((await usersOf(database)).map((user) => user.id)).toEqual(['next']);
  });

  test('a server or a role of other defaults changes nothing of how transactions see each other', async () => {
    await askPostgres(
      url,
      `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_isolation = 'serializable'`,
    );
    const isolation = await postgres.transaction((ask) => ask('SHOW transaction_isolation'));
    expect(isolation.rows).toEqual([{ transaction_isolation: 'read committed' }]);
  });

  test('a process that stops in the middle of a transaction does not keep its locks for ever', async () => {
    const settings = await postgres.ask(
      "SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') ORDER BY name",
    );
    expect(settings.rows).toEqual([
      { name: 'idle_in_transaction_session_timeout', setting: '3800' },
      { name: 'statement_timeout', setting: '1520' },
    ]);
  });

  test('only so many wait for a connection; one more is told at once', async () => {
    const single = connectPostgres(url, { maxConnections: 1, timeoutMs: 20_000 });
    const goOn = deferred<void>();
    const reached = deferred<void>();
    const holding = single.use(async () => {
      reached.resolve();
      await goOn.promise;
    });
    await reached.promise;
    let answered = 0;
    const waiting = Array.from({ length: 10_000 }, () =>
      single.use(async () => {
        answered += 1;
      }),
    );
    await expect(single.ask('SELECT 1')).rejects.toThrow('too many are waiting');
    goOn.resolve();
    await Promise.all([holding, ...waiting]);
    expect(answered).toBe(10_000);
    await single.close();
  });
});
