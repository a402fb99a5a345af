import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createClient } from '@keyv/redis';
import { revokeAll } from '../../src/auth/revoke-all.js';
import { UsageError } from '../../src/cli/arguments.js';
import { listSessions } from '../../src/cli/list-sessions.js';
import { reconcileSessions } from '../../src/cli/reconcile-sessions.js';
import { revokeSessions } from '../../src/cli/revoke-sessions.js';
import type { Config } from '../../src/config.js';
import { sha256Hex } from '../../src/lib/bytes.js';
import { openStores, type Stores } from '../../src/stores.js';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { startPostgres } from '../servers/postgres.js';
import { startRedis } from '../servers/redis.js';
import { createFaults, faultySessionStore, hold } from '../support/faults.js';
import { type FolderScene, openFolderScene } from '../support/folder-scene.js';
import { freePort } from '../support/ports.js';
import {
  APP_SECRET,
  APPID,
  codeOf,
  createTestClock,
  type TestClock,
  type TestGateway,
} from '../support/test-gateway.js';
import { given, runCommand, settingsOf } from './run-command.js';

/** What another process may still serve from what it read a moment ago. */
const REMEMBERED_MS = 1000;

let scene: FolderScene;
let clock: TestClock;

beforeEach(async () => {
  scene = await openFolderScene();
  // A command has no clock but the machine's.
  clock = createTestClock(Date.now());
});

afterEach(() => scene.close());

function start(config: Partial<Config> = {}): Promise<TestGateway> {
  return scene.start({ clock, config: { sessionsPerUser: 1000, ...config } });
}

const list = (options: Record<string, string>, env?: Record<string, string>) =>
  runCommand(settingsOf(scene.dir, env), (command) => listSessions(given(options), command));
const listed = async (options: Record<string, string>, env?: Record<string, string>) =>
  JSON.parse(
    (await runCommand(settingsOf(scene.dir, env), (command) => listSessions(given(options, 'json'), command))).out,
  );
const revoke = (options: Record<string, string>, env?: Record<string, string>) =>
  runCommand(settingsOf(scene.dir, env), (command) => revokeSessions(given(options), command));
const revokeEverybody = (env?: Record<string, string>) =>
  runCommand(settingsOf(scene.dir, env), (command) => revokeSessions(given({}, 'all', 'yes'), command));

const reconcile = (flags: string[] = [], env?: Record<string, string>) =>
  runCommand(settingsOf(scene.dir, env), (command) => reconcileSessions(given({}, ...flags), command));

/** Ends these sessions, and brings back from a backup of the session store what had been there. */
async function endAndBringBack(gateway: TestGateway, tokens: readonly string[]): Promise<void> {
  const stores = await openStores(gateway.running.config, clock.now);
  try {
    await eventually(() => stores.checks.sessions?.());
    for (const token of tokens) {
      const value = await stores.sessionStore.get(sha256Hex(token));
      if (value === null || value === 'corrupt') throw new Error('there is no value to bring back');
      await gateway.logout(token);
      await stores.sessionStore.set(sha256Hex(token), value, clock.now());
    }
  } finally {
    await stores.close();
  }
}

async function eventually(work: () => Promise<unknown> | undefined): Promise<void> {
  for (const giveUpAt = performance.now() + 5_000; ; ) {
    try {
      await work();
      return;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
    }
    await sleep(10);
  }
}

async function userIdOf(gateway: TestGateway, token: string): Promise<string> {
  return (await gateway.viewer(token)).body.data.viewer.user.id;
}

async function ready(gateway: TestGateway): Promise<void> {
  while ((await gateway.running.app.inject({ url: '/readyz' })).statusCode !== 200) await sleep(10);
}

/** What the gateways say of each token, a second later. */
async function codesOf(...tokens: string[]): Promise<(string | null)[]> {
  clock.advance(REMEMBERED_MS);
  const [first, second = first] = scene.started;
  const answers = await Promise.all(tokens.map((token, n) => (n % 2 === 0 ? first : second)?.viewer(token)));
  return answers.map((answer) => answer?.code ?? null);
}

describe('menjin sessions list', () => {
  test('shows the live sessions of a user, newest first, by openid and by user, and nothing secret', async () => {
    const gateway = await start();
    const agents = ['first phone', 'second phone'];
    const tokens: string[] = [];
    for (const agent of agents) {
      const answer = await gateway.graphql(
        'mutation ($code: String!) { login(input: { code: $code }) { token viewer { session { id } } } }',
        { variables: { code: codeOf('alice') }, headers: { 'user-agent': agent } },
      );
      tokens.push(answer.body.data.login.token);
      clock.advance(10);
    }
    await gateway.tokenFor(codeOf('bob'));
    const over = await gateway.tokenFor(codeOf('alice'));
    await gateway.logout(over);

    const byOpenid = await listed({ openid: 'alice' });
    expect(byOpenid).toHaveLength(2);
    expect(byOpenid).toMatchObject([
      { platform: 'WECHAT', appid: APPID, device: 'second phone' },
      { platform: 'WECHAT', appid: APPID, device: 'first phone' },
    ]);
    expect(await listed({ user: await userIdOf(gateway, tokens[0] ?? '') })).toEqual(byOpenid);
    expect(await listed({ openid: 'alice', appid: APPID })).toEqual(byOpenid);

    const table = await list({ openid: 'alice' });
    expect(table).toMatchObject({ status: 0, err: '' });
    const [headings, ...rows] = table.out.trimEnd().split('\n');
    expect(headings).toMatch(/^id +platform +appid +created +last seen +expires +ip +device$/);
    expect(rows.map((row) => row.split(/ +/)[0])).toEqual(byOpenid.map(({ id }: { id: string }) => id));
    for (const token of tokens) {
      for (const secret of [token, sha256Hex(token)])
        expect(table.out + JSON.stringify(byOpenid)).not.toContain(secret);
    }
  });

  test('shows nothing of what a device calls itself that would act on a terminal', async () => {
    const gateway = await start();
    await gateway.tokenFor(codeOf('alice'));
    const stores = await openStores({ ...gateway.running.config }, null);
    try {
      await stores.database.transaction((sql) =>
        sql.updateTable('sessions').set({ device: 'a\u001b[2J\u202e\u2028b\nc' }).execute(),
      );
    } finally {
      await stores.close();
    }
    expect((await list({ openid: 'alice' })).out).toMatch(/ {2}a \[2J b c\n$/);
  });

  test('says so when there is no live session, or nobody of that name', async () => {
    const gateway = await start();
    await gateway.logout(await gateway.tokenFor(codeOf('alice')));
    expect(await list({ openid: 'alice' })).toEqual({ status: 0, out: 'No live session.\n', err: '' });
    const nobody = { status: 1, out: '', err: 'Nobody with this openid has logged in.\n' };
    expect(await list({ openid: 'nobody' })).toEqual(nobody);
    expect(await list({ openid: 'alice', appid: 'wx-other' })).toEqual(nobody);
    expect(await list({ user: 'nobody' })).toEqual({ status: 1, out: '', err: 'There is no user of this id.\n' });
  });

  test('wants to know which app when an openid is of several users', async () => {
    const app = { platform: 'WECHAT', secrets: [APP_SECRET], tenant: 'default' } as const;
    const apps = ['wx1', 'wx2'].map((appid) => ({ ...app, appid }));
    const gateway = await start({ apps });
    for (const { appid } of apps) await gateway.tokenFor(codeOf('alice'), { appid });
    expect(await list({ openid: 'alice' })).toEqual({
      status: 1,
      out: '',
      err: 'Several users have this openid: add --appid, one of wx1, wx2.\n',
    });
    expect(await listed({ openid: 'alice', appid: 'wx2' })).toMatchObject([{ appid: 'wx2' }]);
  });
});

describe('menjin sessions revoke', () => {
  test('ends the sessions of one user in every process, says how many, and leaves everybody else', async () => {
    const [p1, p2] = [await start(), await start()];
    const alice = [await p1.tokenFor(codeOf('alice')), await p2.tokenFor(codeOf('alice'))];
    const bob = await p1.tokenFor(codeOf('bob'));
    expect(await codesOf(...alice, bob)).toEqual([null, null, null]);

    expect(await revoke({ openid: 'alice' })).toEqual({ status: 0, out: '2 sessions ended.\n', err: '' });
    expect(await codesOf(...alice, bob)).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', null]);
    expect(await revoke({ openid: 'alice' })).toEqual({ status: 0, out: '0 sessions ended.\n', err: '' });

    const later = await p1.tokenFor(codeOf('alice'));
    expect(await codesOf(later)).toEqual([null]);
    expect((await revoke({ user: await userIdOf(p1, later) })).out).toBe('1 session ended.\n');
    expect(await codesOf(later, bob)).toEqual(['UNAUTHENTICATED', null]);
  });

  test('--all ends those of everybody, and a login that is under way is not acknowledged', async () => {
    const gateway = await start();
    const tokens = await Promise.all(Array.from({ length: 120 }, (_, n) => gateway.tokenFor(codeOf(`person-${n}`))));
    const storing = hold('before');
    gateway.sessionFaults.plan('set', storing);
    const underWay = gateway.login(codeOf('late'));
    await storing.arrived;

    expect(await revokeEverybody()).toEqual({ status: 0, out: '120 sessions ended.\n', err: '' });
    storing.release();
    expect((await underWay).code).toBe('CODE_INVALID');
    expect(new Set(await codesOf(...tokens))).toEqual(new Set(['UNAUTHENTICATED']));
    expect(await codesOf(await gateway.tokenFor(codeOf('late')))).toEqual([null]);
  });

  const misuses: [Record<string, string>, string[], RegExp][] = [
    [{}, [], /^Say whose sessions: --user <id> or --openid <openid>\.$/],
    [{ user: 'a', openid: 'b' }, [], /^Give --user or --openid, not both\.$/],
    [{ user: 'a', appid: 'b' }, [], /^The option --appid goes with --openid\.$/],
    [{ openid: 'a' }, ['all', 'yes'], /^The option --all stands alone/],
    [{}, ['all'], /everybody has to log in again.* add --yes\.$/],
  ];
  test.each(misuses)(
    'given %j %j says in one sentence what is missing, and does nothing',
    (options, flags, sentence) => {
      const stream = { write: () => true };
      const call = () => revokeSessions(given(options, ...flags), { out: stream, err: stream });
      expect(call).toThrow(UsageError);
      expect(call).toThrow(sentence);
    },
  );

  test('refuses what is in the memory of another process', async () => {
    const gateway = await start();
    const token = await gateway.tokenFor(codeOf('alice'));
    const outcome = await revoke({ openid: 'alice' }, { SESSION_STORE_URL: 'memory:' });
    expect(outcome).toEqual({
      status: 1,
      out: '',
      err: expect.stringMatching(/^SESSION_STORE_URL is memory: [^\n]+\n$/),
    });
    expect(await codesOf(token)).toEqual([null]);
  });

  test('ends nothing while the session store does not answer, and says which it is', async () => {
    const gateway = await start();
    const token = await gateway.tokenFor(codeOf('alice'));
    const outcome = await revoke({ openid: 'alice' }, { SESSION_STORE_URL: `redis://127.0.0.1:${await freePort()}` });
    expect(outcome).toEqual({
      status: 1,
      out: '',
      err: expect.stringMatching(/^The store of SESSION_STORE_URL did not answer\. [^\n]+\n$/),
    });
    expect(await codesOf(token)).toEqual([null]);
    expect(await listed({ openid: 'alice' })).toHaveLength(1);
  });
});

describe('menjin sessions reconcile', () => {
  test('after a backup was brought back, deletes what no open session has, and nothing else', async () => {
    const gateway = await start();
    const kept = await gateway.tokenFor(codeOf('alice'));
    const ended = await Promise.all(Array.from({ length: 12 }, (_, n) => gateway.tokenFor(codeOf(`person-${n}`))));
    await endAndBringBack(gateway, ended);
    const [back = '', forgotten = ''] = ended;
    const stores = await openStores(gateway.running.config, clock.now);
    try {
      // Its end is longer ago than rows of ended sessions are kept.
      await stores.database.transaction((sql) =>
        sql.deleteFrom('sessions').where('token_hash', '=', sha256Hex(forgotten)).execute(),
      );
    } finally {
      await stores.close();
    }
    // The value of a login is stored, and its row is not open yet.
    const commit = hold('before');
    gateway.sqlFaults.plan('transaction', 'pass', commit);
    const underWay = gateway.login(codeOf('late'));
    await commit.arrived;
    expect(await codesOf(kept, back, forgotten)).toEqual([null, null, null]);

    const found = { status: 0, out: '14 values looked at, 12 of no open session found.\n', err: '' };
    expect(await reconcile(['dry-run'])).toEqual(found);
    expect(await codesOf(back)).toEqual([null]);
    expect((await reconcile()).out).toBe('14 values looked at, 12 of no open session deleted.\n');
    commit.release();
    const late = (await underWay).body.data.login.token;
    expect(await codesOf(kept, late)).toEqual([null, null]);
    expect(new Set(await codesOf(...ended))).toEqual(new Set(['UNAUTHENTICATED']));
    expect((await reconcile()).out).toBe('2 values looked at, 0 of no open session deleted.\n');
  });

  test('deletes nothing while a store is away, and says which it is', async () => {
    await start();
    const outcome = await reconcile([], { SESSION_STORE_URL: `redis://127.0.0.1:${await freePort()}` });
    expect(outcome).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringMatching(/^The store of SESSION_STORE_URL /),
    });
  });
});

describe('the end of all sessions', () => {
  let stores: Stores;

  beforeEach(async () => {
    const { config } = (await start()).running;
    stores = await openStores(config, clock.now);
  });

  afterEach(() => stores.close());

  async function crowd(gateway: TestGateway | undefined): Promise<string[]> {
    const tokens: string[] = [];
    for (let n = 0; n < 150; n += 15) {
      const some = Array.from({ length: 15 }, (_, index) => gateway?.tokenFor(codeOf(`person-${n + index}`)) ?? '');
      tokens.push(...(await Promise.all(some)));
    }
    return tokens;
  }

  test('leaves logins that begin after it began', async () => {
    const [gateway] = scene.started;
    const tokens = await crowd(gateway);
    const later: string[] = [];
    const ended = await revokeAll(stores, async () => {
      clock.advance(1);
      for (let n = 0; n < 5; n += 1) later.push((await gateway?.tokenFor(codeOf('later'))) ?? '');
    });
    expect(ended).toBe(150);
    expect(later).toHaveLength(10);
    expect(new Set(await codesOf(...tokens))).toEqual(new Set(['UNAUTHENTICATED']));
    expect(new Set(await codesOf(...later))).toEqual(new Set([null]));
  });

  test('broken off is done when it is run again, and counts nobody twice', async () => {
    const tokens = await crowd(scene.started[0]);
    const faults = createFaults();
    const failing = { ...stores, sessionStore: faultySessionStore(faults)(stores.sessionStore) };
    const counts: number[] = [];
    const always = (fault: 'pass' | 'fail before') => {
      for (const call of ['delete', 'deleteAll']) faults.always(call, fault);
    };
    const revokeOnce = () =>
      revokeAll(failing, (ended) => {
        counts.push(ended);
        always('fail before');
      });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(revokeOnce()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    }
    always('pass');
    expect(await revokeOnce()).toBe(50);
    expect(counts).toEqual([100, 50]);
    expect(new Set(await codesOf(...tokens))).toEqual(new Set(['UNAUTHENTICATED']));
    expect(await revokeOnce()).toBe(0);
  });
});

describeWithService('redis', 'the sessions commands beside a gateway whose sessions are in Redis', () => {
  let redis: LocalServer;

  beforeEach(async () => {
    redis = await startRedis();
  });

  afterEach(() => redis.stop());

  test('find and end them there', async () => {
    const gateway = await start({ sessionStoreUrl: { kind: 'redis', url: redis.url } });
    await ready(gateway);
    const env = { SESSION_STORE_URL: redis.url };
    const alice = await gateway.tokenFor(codeOf('alice'));
    const bob = await gateway.tokenFor(codeOf('bob'));
    expect(await listed({ openid: 'alice' }, env)).toHaveLength(1);
    expect(await revoke({ openid: 'alice' }, env)).toEqual({ status: 0, out: '1 session ended.\n', err: '' });
    expect(await codesOf(alice, bob)).toEqual(['UNAUTHENTICATED', null]);
    expect((await revokeEverybody(env)).out).toBe('1 session ended.\n');
    expect(await codesOf(bob)).toEqual(['UNAUTHENTICATED']);
  });

  test('find what a backup has brought back there', async () => {
    const gateway = await start({ sessionStoreUrl: { kind: 'redis', url: redis.url } });
    await ready(gateway);
    const [kept, back] = [await gateway.tokenFor(codeOf('alice')), await gateway.tokenFor(codeOf('bob'))];
    await endAndBringBack(gateway, [back]);
    expect(await codesOf(kept, back)).toEqual([null, null]);
    const { out } = await reconcile([], { SESSION_STORE_URL: redis.url });
    expect(out).toBe('2 values looked at, 1 of no open session deleted.\n');
    expect(await codesOf(kept, back)).toEqual([null, 'UNAUTHENTICATED']);
  });

  test('tell every process which sessions have ended', async () => {
    const gateway = await start({ sessionStoreUrl: { kind: 'redis', url: redis.url } });
    await ready(gateway);
    const alice = await gateway.tokenFor(codeOf('alice'));
    const listener = createClient({ url: redis.url });
    try {
      await listener.connect();
      const heard = new Promise<string>((resolve) => void listener.subscribe('menjin:ended', resolve));
      await listener.ping();
      await revoke({ openid: 'alice' }, { SESSION_STORE_URL: redis.url });
      expect(await heard).toBe(sha256Hex(alice));
    } finally {
      listener.destroy();
    }
  });
});

describeWithService('postgres', 'the sessions commands beside a gateway on PostgreSQL', () => {
  let postgres: LocalServer;

  beforeEach(async () => {
    postgres = await startPostgres();
  });

  afterEach(() => postgres.stop());

  test('find and end them there', async () => {
    const url = { kind: 'postgres', url: postgres.url } as const;
    const gateway = await start({ databaseUrl: url, sessionStoreUrl: url });
    const env = { DATABASE_URL: postgres.url, SESSION_STORE_URL: postgres.url };
    const alice = await gateway.tokenFor(codeOf('alice'));
    const bob = await gateway.tokenFor(codeOf('bob'));
    expect(await listed({ openid: 'alice' }, env)).toHaveLength(1);
    expect(await revoke({ openid: 'alice' }, env)).toEqual({ status: 0, out: '1 session ended.\n', err: '' });
    expect(await codesOf(alice, bob)).toEqual(['UNAUTHENTICATED', null]);
    expect((await revokeEverybody(env)).out).toBe('1 session ended.\n');
    expect(await codesOf(bob)).toEqual(['UNAUTHENTICATED']);
  });
});
