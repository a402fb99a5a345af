import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Libsql from 'libsql';
import { composeGateway } from '../../src/gateway.js';
import { describeWithService } from '../servers/describe-with-service.js';
import { askPostgres, freshDatabase, startPostgres } from '../servers/postgres.js';
import { createFaults, faultySessionStore, hold } from '../support/faults.js';
import { inPostgres } from '../support/postgres-gateway.js';
import { rounds } from '../support/rounds.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import {
  codeOf,
  createTestClock,
  freshRequestId,
  makeTempDir,
  startTestGateway,
  type TempDir,
  type TestClock,
  type TestGateway,
  type TestGatewayOptions,
  testConfig,
} from '../support/test-gateway.js';
import { startTwoProcesses, type TwoProcesses } from '../support/two-processes.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ROOMY = { sessionsPerUser: 1000 };
const REVOKE_ALL = 'mutation { revokeSessions { ended } }';

describe('what an interrupted end has left behind', () => {
  let two: TwoProcesses;
  let token: string;

  beforeEach(async () => {
    two = await startTwoProcesses({ p1: ROOMY, p2: ROOMY });
    token = await two.p1.tokenFor(codeOf('alice'));
  });
  afterEach(() => two.close());

  /** As one that was killed after its mark. */
  async function interruptedLogout(): Promise<void> {
    two.p1.sessionFaults.plan('delete', 'fail before');
    expect((await two.p1.logout(token)).code).toBe('SERVICE_UNAVAILABLE');
    expect(await two.countOf('values')).toBe(1);
  }

  test('is finished by any other process', async () => {
    await interruptedLogout();
    two.clock.advance(2 * SECOND);
    await two.p2.running.sweep();
    expect(await two.countOf('values')).toBe(0);
    for (const process of [two.p1, two.p2]) expect((await process.viewer(token)).code).toBe('UNAUTHENTICATED');
  });

  test('is finished at the start, before the first answer', async () => {
    await interruptedLogout();
    const restarted = await two.join();
    expect((await restarted.viewer(token)).code).toBe('UNAUTHENTICATED');
    expect(await two.countOf('values')).toBe(0);
  });

  test('of many sessions is finished too', async () => {
    const others: string[] = [];
    while (others.length < 120) {
      others.push(...(await Promise.all(Array.from({ length: 15 }, () => two.p1.tokenFor(codeOf('alice'))))));
    }
    two.p1.sessionFaults.plan('deleteAll', 'pass', 'fail before');
    expect((await two.p1.graphql(REVOKE_ALL, { token })).code).toBe('SERVICE_UNAVAILABLE');
    two.clock.advance(2 * SECOND);
    await two.p2.running.sweep();
    for (const other of others) expect((await two.p2.viewer(other)).code).toBe('UNAUTHENTICATED');
    expect([await two.countOf('values'), (await two.p1.viewer(token)).code]).toEqual([1, null]);
  });
});

describe('a gateway whose session store is away when it starts', () => {
  test('knows nobody until what had ended is deleted', async () => {
    const wechat = await startStandInWechat();
    const dir = makeTempDir();
    const options = { wechatApiUrl: wechat.url, dataDir: dir.path };
    const before = await startTestGateway(options);
    const [ended, kept] = [await before.tokenFor(codeOf('alice')), await before.tokenFor(codeOf('alice'))];
    before.sessionFaults.plan('delete', 'fail before');
    await before.logout(ended);
    await before.close();

    const faults = createFaults();
    faults.always('delete', 'fail before');
    const after = await startTestGateway({
      ...options,
      clock: before.clock,
      seams: { wrapSessionStore: faultySessionStore(faults) },
    });
    for (const token of [ended, kept]) expect((await after.viewer(token)).code).toBe('SERVICE_UNAVAILABLE');
    expect((await after.viewer(null)).code).toBeNull();
    const readyStatus = async () => (await after.running.app.inject({ url: '/readyz' })).statusCode;
    expect(await readyStatus()).toBe(503);
    faults.clear();
    while ((await after.viewer(kept)).code === 'SERVICE_UNAVAILABLE') await new Promise(setImmediate);
    expect(await readyStatus()).toBe(200);
    expect((await after.viewer(kept)).code).toBeNull();
    expect((await after.viewer(ended)).code).toBe('UNAUTHENTICATED');
    await after.close();
    await wechat.close();
    dir.remove();
  });
});

describe('the sweep of one process and a login of another', () => {
  let two: TwoProcesses;

  beforeEach(async () => {
    two = await startTwoProcesses();
  });
  afterEach(() => two.close());

  async function slowLogin() {
    const commit = hold('before');
    two.p1.sqlFaults.plan('transaction', 'pass', commit);
    const login = two.p1.login(codeOf('alice'));
    await commit.arrived;
    return { login, commit };
  }

  test('that is within its lease do not meet, neither at a start nor later', async () => {
    const { login, commit } = await slowLogin();
    two.clock.advance(15 * SECOND);
    await two.p2.running.sweep();
    await two.join();
    commit.release();
    const { token } = (await login).body.data.login;
    expect((await two.p2.viewer(token)).code).toBeNull();
  });

  test('that has outlived its lease: the login is not acknowledged, and leaves nothing', async () => {
    const { login, commit } = await slowLogin();
    two.clock.advance(16 * SECOND);
    await two.p2.running.sweep();
    commit.release();
    expect((await login).code).toBe('CODE_INVALID');
    two.clock.advance(2 * SECOND);
    await two.p2.running.sweep();
    expect([await two.count('open'), await two.count('opening'), await two.countOf('values')]).toEqual([0, 0, 0]);
  });
});

test('a value that was stored late, after its login was given up, is swept with its row', async () => {
  const two = await startTwoProcesses();
  two.p1.sessionFaults.plan('set', 'fail after');
  expect((await two.p1.login(codeOf('alice'))).code).toBe('SERVICE_UNAVAILABLE');
  expect(await two.countOf('values')).toBe(1);
  two.clock.advance(2 * SECOND);
  await two.p2.running.sweep();
  expect(await two.countOf('values')).toBe(0);
  await two.close();
});

describe('over time', () => {
  let wechat: StandInWechat;
  let dir: TempDir;
  let started: TestGateway[];

  beforeEach(async () => {
    wechat = await startStandInWechat();
    dir = makeTempDir();
    started = [];
  });
  afterEach(async () => {
    for (const gateway of started) await gateway.close();
    await wechat.close();
    dir.remove();
  });

  async function start(clock: TestClock, config: TestGatewayOptions['config'] = {}): Promise<TestGateway> {
    const gateway = await startTestGateway({ wechatApiUrl: wechat.url, dataDir: dir.path, clock, config });
    started.push(gateway);
    return gateway;
  }

  test('a year of logins does not grow the tables', async () => {
    const clock = createTestClock();
    const gateway = await start(clock, { sessionIdleTtlMs: 2 * DAY, sessionMaxTtlMs: 3 * DAY });
    const { counts, close } = countRows(dir.path);
    const PEOPLE = 5;
    for (let day = 0; day < rounds(15, 365); day += 1) {
      for (let person = 0; person < PEOPLE; person += 1) {
        const token = await gateway.tokenFor(codeOf(`person-${person}`));
        if (person % 2 === 0) await gateway.logout(token);
      }
      // One whose process goes away in the middle: its claim stays.
      gateway.sqlFaults.plan('transaction', 'pass', 'fail before', 'fail before');
      await gateway.login(codeOf('person-0'), { requestId: freshRequestId() });
      clock.advance(DAY);
      await gateway.running.sweep();
      const { users, identities, sessions, keyv, login_claims: claims } = counts();
      expect([users, identities]).toEqual([PEOPLE, PEOPLE]);
      // Two days of use and a day more.
      expect(sessions).toBeLessThanOrEqual(4 * PEOPLE);
      expect(keyv).toBeLessThanOrEqual(4 * PEOPLE);
      expect(claims).toBeLessThanOrEqual(2);
    }
    close();
  }, 900_000);

  test('a session in use is not forgotten, and a revoke finds it', async () => {
    const clock = createTestClock();
    const gateway = await start(clock, ROOMY);
    const token = await gateway.tokenFor(codeOf('alice'));
    for (let day = 0; day < 9; day += 1) {
      clock.advance(DAY);
      expect((await gateway.viewer(token)).code).toBeNull();
    }
    // Two days after the end that it began with, in the second round: the first sees a clock that has jumped.
    for (let round = 0; round < 2; round += 1) await gateway.running.sweep();
    expect((await gateway.viewer(token)).code).toBeNull();
    const asking = await gateway.tokenFor(codeOf('alice'));
    expect((await gateway.graphql(REVOKE_ALL, { token: asking })).body.data.revokeSessions.ended).toBe(1);
    expect((await gateway.viewer(token)).code).toBe('UNAUTHENTICATED');
  });

  test('a rolling restart under logins: none fails because another process started or swept', async () => {
    const clock = createTestClock();
    const codes = new Set<string | null>();
    const logIn = async (gateway: TestGateway) => {
      const login = await gateway.login(codeOf('alice'), { requestId: freshRequestId() });
      codes.add(login.code);
    };

    /** Phones that log in with this process, one login after the other, until they are told to leave it. */
    function servedBy(gateway: TestGateway): () => Promise<void> {
      let isOver = false;
      const phones = Array.from({ length: rounds(3, 30) }, async () => {
        while (!isOver) await logIn(gateway);
      });
      return async () => {
        isOver = true;
        await Promise.all(phones);
      };
    }

    let old = await start(clock, ROOMY);
    let leave = servedBy(old);
    for (let restart = 0; restart < rounds(3, 50); restart += 1) {
      // One of them is being opened for as long as it takes the other process to start and to sweep.
      const storing = hold('before');
      old.sessionFaults.plan('set', storing);
      await storing.arrived;
      const fresh = await start(clock, ROOMY);
      await fresh.running.sweep();
      storing.release();
      const leaveFresh = servedBy(fresh);
      await leave();
      await old.close();
      [old, leave] = [fresh, leaveFresh];
    }
    await leave();
    expect([...codes]).toEqual([null]);
  }, 900_000);

  test('a process whose clock is two hours fast for a minute loses nothing, and a revoke finds everything afterwards', async () => {
    const clock = createTestClock();
    const fast = createTestClock(clock.now() + 2 * HOUR);
    const [right, wrong] = [await start(clock, ROOMY), await start(fast, ROOMY)];
    const tokens = await Promise.all(Array.from({ length: 10 }, () => right.tokenFor(codeOf('alice'))));
    const asking = await right.tokenFor(codeOf('alice'));
    // The oldest are touched by the fast one; some are within two hours of their end.
    const nearEnd = [tokens[0] as string, tokens[1] as string];
    clock.advance(7 * DAY - HOUR);
    fast.advance(7 * DAY - HOUR);
    for (const token of [...tokens.slice(2), asking]) expect((await right.viewer(token)).code).toBeNull();
    for (let second = 0; second < 60; second += 2) {
      await wrong.running.sweep();
      for (const token of tokens) await wrong.viewer(token);
      for (const each of [clock, fast]) each.advance(2 * SECOND);
    }
    for (const token of [...nearEnd, ...tokens, asking]) expect((await right.viewer(token)).code).toBeNull();
    expect((await right.graphql(REVOKE_ALL, { token: asking })).body.data.revokeSessions.ended).toBe(tokens.length);
    for (const token of tokens) expect((await right.viewer(token)).code).toBe('UNAUTHENTICATED');
  });
});

describeWithService('postgres', 'rows in PostgreSQL', () => {
  test('are stamped and judged by its clock, whatever that of the process says', async () => {
    const [wechat, server] = [await startStandInWechat(), await startPostgres()];
    const url = await freshDatabase(server);
    // To everybody who asks this server for the time, and does not ask for that of its own catalogue, it is two hours less.
    await askPostgres(url, 'ALTER ROLE postgres SET search_path = public, pg_catalog');
    await askPostgres(
      url,
      "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() - interval '2 hours' $$",
    );
    const gateway = await composeGateway(testConfig({ wechatApiUrl: wechat.url, config: inPostgres(url) }), {
      sweepEveryMs: null,
      logDestination: { write: () => undefined },
    });
    const query = `mutation { login(input: { code: "${codeOf('alice')}" }) {
      viewer { session { createdAt } sessions { createdAt } } } }`;
    const answer = await gateway.app.inject({ method: 'POST', url: '/graphql', payload: { query } });
    const { session, sessions } = answer.json().data.login.viewer;
    expect(Date.now() - Date.parse(session.createdAt)).toBeGreaterThan(HOUR);
    expect(sessions).toEqual([session]);
    await gateway.close();
    await server.stop();
    await wechat.close();
  });
});

function countRows(folder: string) {
  const file = new Libsql(join(folder, 'menjin.db'));
  const tables = ['users', 'identities', 'sessions', 'keyv', 'login_claims'] as const;
  const count = (table: string) => (file.prepare(`SELECT count(*) AS n FROM ${table}`).get([]) as { n: number }).n;
  return {
    counts: () =>
      Object.fromEntries(tables.map((table) => [table, count(table)])) as Record<(typeof tables)[number], number>,
    close: () => void file.close(),
  };
}
