import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DeadlineError } from '../../src/lib/deadline.js';
import { openSqliteFile, type SqliteFile } from '../../src/sql/sqlite-file.js';
import { deferred } from '../support/faults.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

let dir: TempDir;
let file: SqliteFile;
/** A connection of its own, which sees what is committed. */
let beside: SqliteFile;
/** The clock, in ms. */
let at: number;
/** What was asked of the writer. */
let asked: string[];

beforeEach(async () => {
  dir = makeTempDir();
  const path = join(dir.path, 'test.db');
  at = 0;
  file = await openSqliteFile(path, 10_000, () => at);
  await file.transaction((connection) => connection.exec('CREATE TABLE notes (note text UNIQUE)'));
  beside = await openSqliteFile(path);
  asked = [];
  const exec = file.writer.exec.bind(file.writer);
  file.writer.exec = (sql) => {
    asked.push(sql);
    return exec(sql);
  };
});
afterEach(async () => {
  await beside.close();
  await file.close();
  dir.remove();
});

/** Whoever comes now must wait until `goOn`. */
async function busy(): Promise<{ goOn(): Promise<void> }> {
  const [reached, held] = [deferred<void>(), deferred<void>()];
  const holding = file.transaction(() => {
    reached.resolve();
    return held.promise;
  });
  await reached.promise;
  const goOn = async () => {
    held.resolve();
    await holding;
    asked.length = 0;
  };
  return { goOn };
}

function add(note: string, then?: () => void): Promise<unknown> {
  return file.transaction((connection) => {
    connection.prepare('INSERT INTO notes VALUES (?)').run([note]);
    then?.();
  });
}

async function notes(): Promise<string[]> {
  const rows = await beside.read((connection) => connection.prepare('SELECT note FROM notes ORDER BY rowid').all([]));
  return (rows as { note: string }[]).map(({ note }) => note);
}

function commits(): number {
  return asked.filter((sql) => sql === 'COMMIT').length;
}

describe('writers that wait', () => {
  test('share one commit, each is answered after it, and they run in their order', async () => {
    const { goOn } = await busy();
    const seen: number[] = [];
    const names = Array.from({ length: 20 }, (_, n) => `note ${n}`);
    const all = names.map((name) => add(name).then(() => seen.push(commits())));
    await goOn();
    await Promise.all(all);
    expect(new Set(seen)).toEqual(new Set([1]));
    expect(await notes()).toEqual(names);
  });

  test('see what those before them have written', async () => {
    const { goOn } = await busy();
    const first = add('same');
    const second = add('same').catch((error: unknown) => error);
    await goOn();
    await first;
    expect(await second).toMatchObject({ code: 'SQLITE_CONSTRAINT_UNIQUE' });
    expect(commits()).toBe(1);
  });

  test('that fail undo what they have written, and nobody else is told', async () => {
    const { goOn } = await busy();
    const fail = () => {
      throw new RangeError('no');
    };
    const all = Promise.allSettled([add('a'), add('b', fail), add('c'), add('a'), add('d')]);
    await goOn();
    expect((await all).map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    ]);
    expect(commits()).toBe(1);
    expect(await notes()).toEqual(['a', 'c', 'd']);
  });

  test('are all told when their commit fails, and nothing of theirs stands', async () => {
    await file.transaction((connection) =>
      connection.exec(`CREATE TABLE parents (id text PRIMARY KEY);
        CREATE TABLE children (parent text REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)`),
    );
    const { goOn } = await busy();
    const orphan = () => file.writer.exec("INSERT INTO children VALUES ('nobody')");
    const all = Promise.allSettled([add('a'), add('b', orphan), add('c')]);
    await goOn();
    const failed = { status: 'rejected', reason: expect.objectContaining({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' }) };
    expect(await all).toEqual([failed, failed, failed]);
    expect(await notes()).toEqual([]);
    await add('later');
    expect(await notes()).toEqual(['later']);
  });

  test('are all told when the disk is full, and nothing of theirs stands', async () => {
    const pages = await file.transaction((connection) => connection.pragma('page_count'));
    const [{ page_count: count } = { page_count: 0 }] = pages as { page_count: number }[];
    await file.transaction((connection) => connection.pragma(`max_page_count = ${count}`));
    const { goOn } = await busy();
    const all = Promise.allSettled([add('a'), add('x'.repeat(20_000)), add('c')]);
    await goOn();
    const [first, second, third] = await all;
    for (const each of [first, second]) {
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'SQLITE_FULL' } });
    }
    // It had not begun, and came to a transaction of its own.
    expect(third).toMatchObject({ status: 'fulfilled' });
    expect(await notes()).toEqual(['c']);
  });

  test('join no transaction that has run for 5 ms: those who need no disk do not wait for all of them', async () => {
    const { goOn } = await busy();
    const spin = () => {
      at += 6;
    };
    const all = ['a', 'b', 'c'].map((note) => add(note, spin));
    let turns = 0;
    const count = () => {
      turns += 1;
      if (turns < 100) setImmediate(count);
    };
    setImmediate(count);
    await goOn();
    await Promise.all(all);
    expect(commits()).toBe(3);
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});

test('a writer alone has a transaction of its own, without a savepoint', async () => {
  await add('alone');
  expect(asked).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
});

test('those who wait at the close are written; who comes after it is refused', async () => {
  const { goOn } = await busy();
  const waiting = [add('a'), add('b')];
  const closing = file.close();
  const late = add('late');
  await expect(late).rejects.toThrow(DeadlineError);
  await goOn();
  await Promise.all([...waiting, closing]);
  expect(await notes()).toEqual(['a', 'b']);
});
