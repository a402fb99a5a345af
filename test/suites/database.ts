import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Database, isUniqueViolation } from '../../src/sql/database.js';
import { deferred } from '../support/faults.js';

export interface OpenedDatabase {
  /** Its clock says 7. */
  readonly database: Database;
  /** Takes away what is below it. Twice is harmless. */
  close(): Promise<void>;
}

export const addUser = (database: Database, id: string, tenant = 'default') =>
  database.transaction((sql, now) => sql.insertInto('users').values({ id, tenant, created_at: now }).execute());
export const usersOf = (database: Database) => database.query((sql) => sql.selectFrom('users').selectAll().execute());

/** What every database keeps to, whatever is behind it. */
export function databaseSuite(name: string, open: () => Promise<OpenedDatabase>): void {
  describe(`a database in ${name}`, () => {
    let opened: OpenedDatabase;
    let database: Database;
    beforeEach(async () => {
      opened = await open();
      database = opened.database;
    });
    afterEach(() => opened.close());

    test('stamps rows with the clock it was given', async () => {
      await addUser(database, 'alice');
      expect(await usersOf(database)).toMatchObject([{ id: 'alice', tenant: 'default', created_at: 7 }]);
      expect(await database.query(async (_sql, now) => now)).toBe(7);
    });

    test('gives times and counts as numbers', async () => {
      await database.transaction((sql) =>
        sql.insertInto('users').values({ id: 'alice', tenant: 'default', created_at: 1_767_225_600_000 }).execute(),
      );
      const count = await database.query((sql) =>
        sql
          .selectFrom('users')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .executeTakeFirst(),
      );
      expect([count, await usersOf(database)]).toMatchObject([{ n: 1 }, [{ created_at: 1_767_225_600_000 }]]);
    });

    test('says how many rows an update has changed', async () => {
      await addUser(database, 'alice');
      const renamed = (id: string) =>
        database.transaction((sql) =>
          sql.updateTable('users').set({ tenant: 'other' }).where('id', '=', id).executeTakeFirst(),
        );
      expect((await renamed('alice')).numUpdatedRows).toBe(1n);
      expect((await renamed('bob')).numUpdatedRows).toBe(0n);
    });

    test('shows nobody what is not committed, then all of it', async () => {
      const [reached, goOn] = [deferred<void>(), deferred<void>()];
      const running = database.transaction(async (sql, now) => {
        await sql.insertInto('users').values({ id: 'alice', tenant: 'default', created_at: now }).execute();
        await sql.insertInto('users').values({ id: 'bob', tenant: 'default', created_at: now }).execute();
        reached.resolve();
        await goOn.promise;
      });
      await reached.promise;
      // In memory there is one connection, and a reader waits for its turn.
      const before = name === 'memory' ? [] : await usersOf(database);
      goOn.resolve();
      await running;
      expect([before, (await usersOf(database)).length]).toEqual([[], 2]);
    });

    test('keeps nothing of a transaction that failed', async () => {
      const failing = database.transaction(async (sql, now) => {
        await sql.insertInto('users').values({ id: 'alice', tenant: 'default', created_at: now }).execute();
        throw new RangeError('no');
      });
      await expect(failing).rejects.toThrow(RangeError);
      expect(await usersOf(database)).toEqual([]);
    });

    test('tells a second row of its kind from other failures', async () => {
      await addUser(database, 'alice');
      const second = await addUser(database, 'alice').catch((error: unknown) => error);
      expect(isUniqueViolation(second)).toBe(true);
      const nameless = await addUser(database, 'bob', null as unknown as string).catch((error: unknown) => error);
      expect(nameless).toMatchObject({ code: expect.stringMatching(/^(SQLITE_CONSTRAINT_NOTNULL|23502)$/) });
      expect(isUniqueViolation(nameless)).toBe(false);
    });

    test('goes on after a failed statement as before it', async () => {
      for (let again = 0; again < 15; again += 1) {
        await addUser(database, 'alice').catch(() => undefined);
        await addUser(database, `user-${again}`);
      }
      expect(await usersOf(database)).toHaveLength(16);
    });

    test('lets a failure that is none of the store through as it is', async () => {
      const wrong = database.query((sql) =>
        sql
          .selectFrom('users')
          .select('nothing' as 'id')
          .execute(),
      );
      await expect(wrong).rejects.toMatchObject({ code: expect.stringMatching(/^(SQLITE_ERROR|42703)$/) });
    });

    test('runs many transactions at once', async () => {
      const names = Array.from({ length: 40 }, (_, index) => `user-${index}`);
      await Promise.all(names.map((id) => addUser(database, id)));
      expect(await usersOf(database)).toHaveLength(40);
    });

    test('is SERVICE_UNAVAILABLE once it is closed', async () => {
      await opened.close();
      await expect(usersOf(database)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', log: { store: 'sql' } });
      await expect(addUser(database, 'alice')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    });
  });
}
