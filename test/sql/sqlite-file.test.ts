import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DeadlineError } from '../../src/lib/deadline.js';
import { openSqliteFile, type SqliteFile } from '../../src/sql/sqlite-file.js';
import { startChild, type TestChild } from '../support/child-process.js';
import { deferred } from '../support/faults.js';
import { rounds } from '../support/rounds.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

let dir: TempDir;
let path: string;
let file: SqliteFile;
let other: TestChild;

beforeAll(() => {
  other = startChild(new URL('./other-process.ts', import.meta.url));
});
afterAll(() => other.kill());

beforeEach(async () => {
  dir = makeTempDir();
  path = join(dir.path, 'test.db');
  file = await openSqliteFile(path, 300);
  await file.transaction((connection) => void connection.exec('CREATE TABLE notes (note text UNIQUE)'));
});
afterEach(async () => {
  await file.close();
  dir.remove();
});

function add(note: string, to: SqliteFile = file) {
  return to.transaction((connection) => connection.prepare('INSERT INTO notes VALUES (?)').run([note]));
}

async function notes(): Promise<string[]> {
  const rows = await file.read((connection) => connection.prepare('SELECT note FROM notes ORDER BY rowid').all([]));
  return (rows as { note: string }[]).map(({ note }) => note);
}

async function pragma(name: string, of: 'reader' | 'writer' = 'writer'): Promise<unknown> {
  const [row] = (await file.transaction(() => file[of].pragma(name))) as Record<string, unknown>[];
  return Object.values(row ?? {})[0];
}

test('a commit reaches the disk before it is answered, and readers do not wait for it', async () => {
  expect(await pragma('synchronous')).toBe(2);
  expect(await pragma('journal_mode')).toBe('wal');
  expect(await pragma('foreign_keys')).toBe(1);
});

test('nothing is written through the reader', async () => {
  await expect(file.read((connection) => connection.exec("INSERT INTO notes VALUES ('a')"))).rejects.toMatchObject({
    code: 'SQLITE_READONLY',
  });
});

describe('while another process holds the write lock', () => {
  beforeEach(() => other.ask('hold', path));
  afterEach(() => other.ask('release'));

  test('reads go on', async () => {
    expect(await notes()).toEqual([]);
  });

  test('a write waits, the event loop does not, and at its deadline it ends', async () => {
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 5);
    const startedAt = performance.now();
    const waiting = [add('autocommit'), file.transaction(async () => undefined)];
    const outcomes = await Promise.allSettled(waiting);
    clearInterval(timer);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([
      expect.any(DeadlineError),
      expect.any(DeadlineError),
    ]);
    expect(performance.now() - startedAt).toBeGreaterThan(290);
    expect(ticks).toBeGreaterThan(10);
  });

  test('writers whose deadline passed in the queue never run', async () => {
    const ran: string[] = [];
    const queued = ['a', 'b', 'c'].map((name) => file.transaction(async () => ran.push(name)));
    const outcomes = await Promise.allSettled([...queued, add('late')]);
    expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    await other.ask('release');
    await add('later');
    expect(ran).toEqual([]);
    expect(await notes()).toEqual(['later']);
    await other.ask('hold', path);
  });

  test('a write after one that was given up is kept when it says so', async () => {
    // Statements prepared once, as the adapter for sessions keeps them.
    const [insert, remove] = ['INSERT INTO notes VALUES (?)', 'DELETE FROM notes WHERE note = ?'].map((sql) =>
      file.writer.prepare(sql),
    );
    await expect(file.transaction(() => insert?.run(['given up']))).rejects.toThrow(DeadlineError);
    await expect(file.transaction(() => remove?.run(['given up']))).rejects.toThrow(DeadlineError);
    await other.ask('release');
    await file.transaction(() => insert?.run(['kept']));
    expect(await notes()).toEqual(['kept']);
    await file.transaction(() => remove?.run(['kept']));
    expect(await notes()).toEqual([]);
    await other.ask('hold', path);
  });

  test('a write goes through as soon as the lock is free', async () => {
    const patient = await openSqliteFile(path, 10_000);
    const waiting = add('patient', patient);
    await other.ask('release');
    await waiting;
    expect(await notes()).toEqual(['patient']);
    await patient.close();
    await other.ask('hold', path);
  });
});

test('two processes that read and then write at once lose nothing, and none of them fails', async () => {
  const times = rounds(200, 1_000);
  await file.transaction((connection) => connection.exec('CREATE TABLE counter (n integer)'));
  await file.transaction((connection) => connection.exec('INSERT INTO counter VALUES (0)'));
  const third = startChild(new URL('./other-process.ts', import.meta.url));
  try {
    await Promise.all([other.ask('count', path, times), third.ask('count', path, times)]);
  } finally {
    await third.kill();
  }
  const n = await file.read((connection) => connection.prepare('SELECT n FROM counter').get([]));
  expect(n).toMatchObject({ n: 2 * times });
}, 60_000);

describe('a transaction', () => {
  test('is not seen before it is committed, then whole', async () => {
    const reached = deferred<void>();
    const goOn = deferred<void>();
    const running = file.transaction(async (connection) => {
      connection.exec("INSERT INTO notes VALUES ('a'), ('b')");
      reached.resolve();
      await goOn.promise;
    });
    await reached.promise;
    expect(await notes()).toEqual([]);
    goOn.resolve();
    await running;
    expect(await notes()).toEqual(['a', 'b']);
  });

  test('takes no other write of this process into itself', async () => {
    const reached = deferred<void>();
    const fail = deferred<void>();
    const failing = file.transaction(async () => {
      reached.resolve();
      await fail.promise;
      throw new RangeError('no');
    });
    await reached.promise;
    const outside = add('outside');
    fail.resolve();
    await expect(failing).rejects.toThrow(RangeError);
    await outside;
    expect(await notes()).toEqual(['outside']);
  });

  test('that fails leaves nothing, and the next one works', async () => {
    const failing = file.transaction(async (connection) => {
      connection.exec("INSERT INTO notes VALUES ('a')");
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    await file.transaction(async (connection) => void connection.exec("INSERT INTO notes VALUES ('b')"));
    expect(await notes()).toEqual(['b']);
  });

  test('that fails lets other processes write at once', async () => {
    const failing = file.transaction(async () => {
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow(RangeError);
    const beside = await openSqliteFile(path, 20);
    await add('beside', beside);
    await beside.close();
  });

  test('whose statement fails leaves nothing', async () => {
    const failing = file.transaction(async (connection) => {
      connection.exec("INSERT INTO notes VALUES ('a')");
      return connection.prepare('INSERT INTO notes VALUES (?) RETURNING note').all(['a']);
    });
    await expect(failing).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_UNIQUE' });
    await add('a');
    expect(await notes()).toEqual(['a']);
  });

  test('whose COMMIT fails leaves nothing, and the next one works', async () => {
    await file.transaction((connection) =>
      connection.exec(`CREATE TABLE parents (id text PRIMARY KEY);
        CREATE TABLE children (parent text REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)`),
    );
    const failing = file.transaction(async (connection) => {
      connection.exec("INSERT INTO notes VALUES ('a'); INSERT INTO children VALUES ('nobody')");
    });
    await expect(failing).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' });
    await file.transaction(async (connection) => void connection.exec("INSERT INTO notes VALUES ('b')"));
    await add('c');
    expect(await notes()).toEqual(['b', 'c']);
  });

  test('that somebody ended inside gives its failure, and the next write is kept', async () => {
    await expect(file.transaction(async (connection) => void connection.exec('ROLLBACK'))).rejects.toMatchObject({
      code: 'SQLITE_ERROR',
    });
    await add('kept');
    expect(await notes()).toEqual(['kept']);
  });
});

test('when the disk is full writes fail whole, reads go on, and writes go on when there is room', async () => {
  await add('before');
  await pragma(`max_page_count = ${await pragma('page_count')}`);
  const long = 'x'.repeat(20_000);
  await expect(add(long)).rejects.toMatchObject({ code: 'SQLITE_FULL' });
  const half = file.transaction(async (connection) => {
    connection.exec("INSERT INTO notes VALUES ('half')");
    connection.prepare('INSERT INTO notes VALUES (?)').run([long]);
  });
  await expect(half).rejects.toMatchObject({ code: 'SQLITE_FULL' });
  expect(await notes()).toEqual(['before']);
  await pragma('max_page_count = 100000');
  await add(long);
  expect(await notes()).toEqual(['before', long]);
});

test('only so many writers wait; one more is told at once', async () => {
  const patient = await openSqliteFile(path, 60_000);
  const [reached, goOn] = [deferred<void>(), deferred<void>()];
  const holding = patient.transaction(() => {
    reached.resolve();
    return goOn.promise;
  });
  await reached.promise;
  const ran: number[] = [];
  const waiting = Array.from({ length: 10_000 }, (_, index) => patient.transaction(() => ran.push(index)));
  const settled = Promise.allSettled(waiting);
  await expect(patient.transaction(() => undefined)).rejects.toThrow(DeadlineError);
  goOn.resolve();
  await holding;
  await settled;
  expect(ran).toHaveLength(10_000);
  await patient.close();
}, 60_000);

describe('closing', () => {
  test('waits for the writer at work, and twice is harmless', async () => {
    const reached = deferred<void>();
    const goOn = deferred<void>();
    const running = file.transaction(async (connection) => {
      reached.resolve();
      await goOn.promise;
      connection.exec("INSERT INTO notes VALUES ('a')");
    });
    await reached.promise;
    const closed = [file.close(), file.close()];
    goOn.resolve();
    await running;
    await Promise.all(closed);
    await file.close();
    file = await openSqliteFile(path, 300);
    expect(await notes()).toEqual(['a']);
  });

  test('lets nothing begin afterwards', async () => {
    await file.close();
    await expect(add('a')).rejects.toThrow(DeadlineError);
    await expect(file.transaction(async () => undefined)).rejects.toThrow(DeadlineError);
    await expect(notes()).rejects.toThrow(DeadlineError);
  });
});

test('a file that is no database is left as it is', async () => {
  const text = 'a list of things to buy, longer than the first page of a database. '.repeat(100);
  for (const content of [text, 'short', 'SQLite format 3\0 but the rest is not']) {
    const foreign = join(dir.path, 'foreign.db');
    writeFileSync(foreign, content);
    await expect(openSqliteFile(foreign)).rejects.toMatchObject({ code: 'SQLITE_NOTADB' });
    expect(readFileSync(foreign, 'utf8')).toBe(content);
  }
});

// Windows has no such modes.
const testModes = process.platform === 'win32' ? test.skip : test;

testModes('what it makes is readable to its user alone', async () => {
  const made = await openSqliteFile(join(dir.path, 'made', 'new.db'));
  await made.transaction((connection) => void connection.exec('CREATE TABLE t (n)'));
  expect(statSync(join(dir.path, 'made')).mode & 0o777).toBe(0o700);
  const files = readdirSync(join(dir.path, 'made'));
  expect(files).toEqual(['new.db', 'new.db-shm', 'new.db-wal']);
  for (const name of files) expect(statSync(join(dir.path, 'made', name)).mode & 0o777).toBe(0o600);
  await made.close();
});
