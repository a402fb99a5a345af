import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql as raw } from 'kysely';
import Libsql from 'libsql';
import type { Seams } from '../../src/gateway.js';
import type { Database, Sql } from '../../src/sql/database.js';
import { startChild, type TestChild } from '../support/child-process.js';
import { type FolderScene, openFolderScene } from '../support/folder-scene.js';
import { rounds } from '../support/rounds.js';
import { codeOf, freshRequestId, type TestGateway } from '../support/test-gateway.js';

const HALF_A_DAY_MS = 43_200_000;
/** A login that cannot write is refused after 1.9 s; machines differ. */
const BOUNDED_MS = 10_000;

let scene: FolderScene;
let path: string;

beforeEach(async () => {
  scene = await openFolderScene();
  ({ path } = scene);
});

afterEach(() => scene.close());

function start(seams: Seams = {}): Promise<TestGateway> {
  return scene.start({ seams, config: { sessionsPerUser: 10_000 } });
}

/** A gateway, and pragmas on the connection that it writes through. */
async function startWithPragmas() {
  let opened: Database | null = null;
  const gateway = await start({
    wrapDatabase: (database) => {
      opened = database;
      return database;
    },
  });
  const writer = await (opened as unknown as Database).transaction(async (sql): Promise<Sql> => sql);
  const pragma = async (text: string): Promise<unknown> => {
    const { rows } = await raw.raw<Record<string, unknown>>(`PRAGMA ${text}`).execute(writer);
    return Object.values(rows[0] ?? {})[0];
  };
  return { gateway, pragma };
}

async function readiness(gateway: TestGateway): Promise<string> {
  return (await gateway.running.app.inject('/readyz')).json().status;
}

async function openidOf(gateway: TestGateway, token: string): Promise<unknown> {
  return (await gateway.viewer(token)).body.data?.viewer?.openid;
}

/** Nobody can write: what is asked to is refused and costs nothing, everybody stays logged in, and it is told. */
async function expectNoWrites(gateway: TestGateway, token: string, repeatable: { code: string; requestId: string }) {
  const calls = scene.wechat.calls.length;
  expect((await gateway.login(repeatable.code, repeatable)).code).toBe('SERVICE_UNAVAILABLE');
  expect(scene.wechat.calls).toHaveLength(calls);
  expect((await gateway.logout(token)).code).toBe('SERVICE_UNAVAILABLE');
  // Long enough for its use to be written down.
  gateway.clock.advance(HALF_A_DAY_MS);
  expect(await openidOf(gateway, token)).toBe('alice');
  expect(await readiness(gateway)).toBe('degraded');
}

async function expectWrites(gateway: TestGateway, token: string, repeatable: { code: string; requestId: string }) {
  expect(await readiness(gateway)).toBe('ready');
  const repeated = await gateway.tokenFor(repeatable.code, repeatable);
  expect(await openidOf(gateway, repeated)).toBe('alice');
  expect((await gateway.logout(token)).body.data.logout).toEqual({ ended: true });
  expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
}

const repeatable = () => ({ code: codeOf('alice'), requestId: freshRequestId() });

describe('other processes at the file', () => {
  let other: TestChild;
  beforeEach(() => {
    other = startChild(new URL('../sql/other-process.ts', import.meta.url));
  });
  afterEach(() => other.kill());

  test('one that writes for two seconds: requests are served meanwhile, a login is refused in time, and the next one waits and succeeds', async () => {
    const gateway = await start();
    const token = await gateway.tokenFor(codeOf('alice'));
    await other.ask('hold', path);

    const refused = repeatable();
    let [served, longestStopMs, lastTickAt] = [0, 0, performance.now()];
    let isOver = false;
    const timer = setInterval(() => {
      longestStopMs = Math.max(longestStopMs, performance.now() - lastTickAt);
      lastTickAt = performance.now();
    }, 5);
    const startedAt = performance.now();
    const writes = Promise.all([gateway.login(refused.code, refused), gateway.logout(token)]).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      expect(await openidOf(gateway, token)).toBe('alice');
      served += 1;
    }
    clearInterval(timer);
    expect((await writes).map(({ code }) => code)).toEqual(['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE']);
    expect(performance.now() - startedAt).toBeLessThan(BOUNDED_MS);
    expect(served).toBeGreaterThan(1);
    // Waiting without giving way would be 1.9 s.
    expect(longestStopMs).toBeLessThan(1_500);
    // The code of the refused one is not spent.
    expect(scene.wechat.calls).toHaveLength(1);

    const waiting = gateway.login(codeOf('alice'));
    while (scene.wechat.calls.length < 2) await turn();
    await other.ask('release');
    expect((await waiting).code).toBeNull();
    await expectWrites(gateway, token, refused);
  });

  test('one that comes and goes beside two gateways of one process: it takes nothing of theirs along', async () => {
    const [first, second] = [await start(), await start()];
    await other.ask('hold', path);
    await other.ask('release');
    const tokens = [await first.tokenFor(codeOf('alice')), await second.tokenFor(codeOf('alice'))];
    const restarted = await start();
    for (const token of tokens) expect(await openidOf(restarted, token)).toBe('alice');
  });
});

test('its file system becomes read-only while it is open: it is told, nobody is logged out, nothing is lost', async () => {
  const { gateway, pragma } = await startWithPragmas();
  const [token, login] = [await gateway.tokenFor(codeOf('alice')), repeatable()];
  expect(await readiness(gateway)).toBe('ready');
  await pragma('query_only = ON');
  await expectNoWrites(gateway, token, login);
  await pragma('query_only = OFF');
  await expectWrites(gateway, token, login);
});

test('the disk is full: logins and logouts are refused, requests are served, and all goes on when there is room', async () => {
  const { gateway, pragma } = await startWithPragmas();
  const [token, other] = [await gateway.tokenFor(codeOf('alice')), await gateway.tokenFor(codeOf('alice'))];
  // Every change of a session takes some room, which otherwise only the one does that happens to begin a new page.
  const file = new Libsql(path);
  file.exec(`CREATE TABLE room (taken blob);
    CREATE TRIGGER takes_room AFTER UPDATE OF state ON sessions BEGIN INSERT INTO room VALUES (zeroblob(5000)); END`);
  file.close();
  await pragma(`max_page_count = ${await pragma('page_count')}`);

  for (const refused of [await gateway.login(codeOf('alice')), await gateway.logout(token)]) {
    expect([refused.status, refused.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  }
  expect(gateway.logLines.findLast((line) => 'code' in line)).toMatchObject({ causeCode: 'SQLITE_FULL' });
  for (const good of [token, other]) expect(await openidOf(gateway, good)).toBe('alice');

  await pragma('max_page_count = 100000');
  expect(await readiness(gateway)).toBe('ready');
  expect((await gateway.login(codeOf('alice'))).code).toBeNull();
  expect((await gateway.logout(token)).body.data.logout).toEqual({ ended: true });
  expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
  expect(await openidOf(gateway, other)).toBe('alice');
});

// Windows keeps what is open from being deleted.
const testDeletion = process.platform === 'win32' ? test.skip : test;

testDeletion.each<[name: string, what: 'deleted' | 'replaced']>([
  ['menjin.db', 'deleted'],
  ['menjin.db', 'replaced'],
  ['menjin.db-wal', 'deleted'],
  ['menjin.db-shm', 'deleted'],
])('%s is %s while it is open: nothing is acknowledged that would be lost, and it is told', async (name, what) => {
  const gateway = await start();
  const [token, login] = [await gateway.tokenFor(codeOf('alice')), repeatable()];
  expect(await readiness(gateway)).toBe('ready');
  const [file, aside] = [join(scene.dir, name), join(scene.dir, 'aside')];
  renameSync(file, aside);
  if (what === 'replaced') copyFileSync(aside, file);
  await expectNoWrites(gateway, token, login);
  expect(gateway.logLines.find((line) => line.code === 'SERVICE_UNAVAILABLE')).toMatchObject({
    level: 50,
    causeClass: 'MovedFileError',
    detail: expect.stringContaining('was deleted or replaced'),
  });
  renameSync(aside, file);
  await expectWrites(gateway, token, login);
});

test('a million rows are over: they go in small batches while requests are served, and their room is used again', async () => {
  const count = rounds(10_000, 1_000_000);
  const batches: number[] = [];
  const gateway = await start({
    wrapSessionStore: (store) => ({
      ...store,
      sweep: async (now, limit) => {
        const removed = await store.sweep(now, limit);
        batches.push(removed);
        return removed;
      },
    }),
    wrapDatabase: (database) => ({
      ...database,
      transaction: (work) =>
        database.transaction(async (sql, now) => {
          const before = await changesOf(sql);
          const result = await work(sql, now);
          batches.push((await changesOf(sql)) - before);
          return result;
        }),
    }),
  });
  const token = await gateway.tokenFor(codeOf('alice'));
  const file = new Libsql(path);
  const numberOf = (text: string) => Object.values(file.prepare(text).get([]) as Record<string, number>)[0] ?? 0;
  const isAnyLeft = () =>
    numberOf(`SELECT EXISTS (SELECT 1 FROM sessions WHERE state = 'open' AND until = 1)
      OR EXISTS (SELECT 1 FROM keyv WHERE expires_at = 1) AS n`) > 0;

  async function sweepAll(): Promise<number> {
    let [served, isOver] = [0, false];
    const sweeping = (async () => {
      while (isAnyLeft()) await gateway.running.sweep();
    })().finally(() => {
      isOver = true;
    });
    while (!isOver) {
      expect(await openidOf(gateway, token)).toBe('alice');
      served += 1;
    }
    await sweeping;
    return served;
  }

  addOver(file, count);
  const pages = numberOf('PRAGMA page_count');
  const served = await sweepAll();
  addOver(file, count);
  expect(Math.max(...batches)).toBeLessThanOrEqual(100);
  expect(served).toBeGreaterThan(count / 1_000);
  expect(numberOf('PRAGMA page_count')).toBeLessThan(pages * 1.05);
  expect(await openidOf(gateway, token)).toBe('alice');
  file.close();
}, 900_000);

async function changesOf(sql: Sql): Promise<number> {
  const { rows } = await raw<{ n: number }>`SELECT total_changes() AS n`.execute(sql);
  return rows[0]?.n ?? 0;
}

/** So many sessions of somebody who is there, and their values, all over long ago. */
function addOver(file: InstanceType<typeof Libsql>, count: number): void {
  file.exec(`
    WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < ${count})
    INSERT INTO sessions (sid, token_hash, user_id, identity_id, state, is_new_user, created_at, opening_until, until, first_until, abs_until)
    SELECT hex(randomblob(11)), hex(randomblob(32)), user_id, identities.id, 'open', 0, 0, 0, 1, 1, 1 FROM many, identities;
    INSERT INTO keyv (key, value, expires_at)
    SELECT 'session:' || token_hash, printf('%.600c', 'x'), 1 FROM sessions WHERE until = 1;
  `);
}
