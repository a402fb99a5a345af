import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UsageError } from '../../src/cli/arguments.js';
import { ban, unban } from '../../src/cli/ban-user.js';
import { listAllUsers } from '../../src/cli/list-users.js';
import { mergeUsers } from '../../src/cli/merge-users.js';
import { showUser } from '../../src/cli/show-user.js';
import type { StoreCommand } from '../../src/cli/with-stores.js';
import type { Config } from '../../src/config.js';
import type { Sql } from '../../src/sql/database.js';
import { openStores } from '../../src/stores.js';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { startPostgres } from '../servers/postgres.js';
import { startRedis } from '../servers/redis.js';
import { createFastHasher } from '../support/fast-hasher.js';
import { type FolderScene, openFolderScene } from '../support/folder-scene.js';
import {
  APP_SECRET,
  APPID,
  codeOf,
  createTestClock,
  type TestClock,
  type TestGateway,
} from '../support/test-gateway.js';
import { type CommandOutcome, given, runCommand, settingsOf } from './run-command.js';

/** What another process may still serve from what it read a moment ago. */
const REMEMBERED_MS = 1000;

const apps = [
  { appid: APPID, tenant: 'default' },
  { appid: 'wx-shop', tenant: 'shop' },
].map((app) => ({ platform: 'WECHAT', secrets: [APP_SECRET], ...app }) as const);

let scene: FolderScene;
let clock: TestClock;
let gateway: TestGateway | null;

beforeEach(async () => {
  scene = await openFolderScene();
  // A command has no clock but the machine's.
  clock = createTestClock(Date.now());
  gateway = null;
});

afterEach(() => scene.close());

async function start(config: Partial<Config> = {}): Promise<TestGateway> {
  const seams = { passwordHasher: createFastHasher() };
  gateway = await scene.start({ clock, seams, config: { apps, ...config } });
  return gateway;
}

type Command = (arguments_: ReturnType<typeof given>, command: StoreCommand) => Promise<number>;

const run = (command: Command, options: Record<string, string>, ...flags: string[]): Promise<CommandOutcome> =>
  runCommand(settingsOf(scene.dir), (streams) => command(given(options, ...flags), streams));
const json = async (command: Command, options: Record<string, string>, ...flags: string[]) =>
  JSON.parse((await run(command, options, 'json', ...flags)).out);

interface Person {
  readonly token: string;
  readonly id: string;
}

async function signIn(openid: string, appid = APPID): Promise<Person> {
  const { token, viewer } = (await gateway?.login(codeOf(openid), { appid }))?.body.data.login ?? {};
  clock.advance(1);
  return { token, id: viewer.user.id };
}

async function register({ token }: Person, username: string): Promise<void> {
  const query = 'mutation ($input: RegisterInput!) { register(input: $input) { viewer { openid } } }';
  const answer = await gateway?.graphql(query, {
    variables: { input: { username, password: 'CANARY-password-of-a-test' } },
    token,
  });
  expect(answer?.code).toBeNull();
}

async function write(work: (sql: Sql) => Promise<unknown>): Promise<void> {
  const { config } = gateway?.running ?? (await start()).running;
  const stores = await openStores(config, null);
  try {
    await stores.database.transaction(work);
  } finally {
    await stores.close();
  }
}

const codeFor = async ({ token }: Person) => {
  clock.advance(REMEMBERED_MS);
  return (await gateway?.viewer(token))?.code;
};

describe('menjin users list', () => {
  test('shows who there is, the newest first, of a tenant, of the banned ones, and as JSON', async () => {
    await start();
    const alice = await signIn('alice');
    const bob = await signIn('bob');
    const shopper = await signIn('alice', 'wx-shop');
    await register(alice, 'Alice');
    await run(ban, { openid: 'bob' });

    const ids = async (options: Record<string, string>, ...flags: string[]) =>
      (await json(listAllUsers, options, ...flags)).map(({ id }: { id: string }) => id);
    expect(await ids({})).toEqual([shopper.id, bob.id, alice.id]);
    expect(await ids({ tenant: 'default' })).toEqual([bob.id, alice.id]);
    expect(await ids({ tenant: 'nobody' })).toEqual([]);
    expect(await ids({}, 'banned')).toEqual([bob.id]);
    expect(await json(listAllUsers, { limit: '1' })).toMatchObject([
      { id: shopper.id, tenant: 'shop', status: 'active', username: null, mergedInto: null },
    ]);

    const { out, err, status } = await run(listAllUsers, { limit: '3' });
    const [headings, ...rows] = out.trimEnd().split('\n');
    expect(headings).toMatch(/^id +tenant +status +username +created +merged into$/);
    expect(rows.map((row) => row.split(/ +/).slice(0, 4))).toEqual([
      [shopper.id, 'shop', 'active', '-'],
      [bob.id, 'default', 'banned', '-'],
      [alice.id, 'default', 'active', 'alice'],
    ]);
    expect([status, err]).toEqual([0, 'There may be more: these are the newest 3. Add --limit.\n']);
    expect((await run(listAllUsers, { tenant: 'nobody' })).out).toBe('No user.\n');
  });

  test('goes through as many pages as it takes, and misses nobody of the same millisecond', async () => {
    await start();
    await write(async (sql) => {
      const rows = Array.from({ length: 1201 }, (_, n) => ({ id: `user-${n}`, tenant: 'default', created_at: n % 2 }));
      for (const at of [0, 600, 1200]) {
        await sql
          .insertInto('users')
          .values(rows.slice(at, at + 600))
          .execute();
      }
    });
    const listed = await json(listAllUsers, { limit: '10000' });
    expect(new Set(listed.map(({ id }: { id: string }) => id)).size).toBe(1201);
    expect(listed).toHaveLength(1201);
  });
});

describe('menjin users show', () => {
  test('shows one person, by id, openid or username, and nothing secret', async () => {
    await start();
    const alice = await signIn('u-alice');
    await signIn('u-alice');
    await register(alice, 'alice');
    const facts = {
      ...{ id: alice.id, tenant: 'default', status: 'active', username: 'alice', sessions: 2, nickname: null },
      identities: [{ platform: 'WECHAT', appid: APPID, openid: 'u-alice', unionid: 'union-u-alice' }],
    };
    for (const who of [
      { user: alice.id },
      { openid: 'u-alice' },
      { username: 'ALICE' },
      { username: 'alice', tenant: 'default' },
    ]) {
      expect(await json(showUser, who)).toMatchObject(facts);
    }
    const { out, status } = await run(showUser, { user: alice.id });
    expect(status).toBe(0);
    expect(out).toMatch(/^status +active$/m);
    expect(out).toMatch(/^sessions +2$/m);
    expect(out).toMatch(/ WECHAT +wxtest0000000001 +u-alice +union-u-alice /);
    expect(out).not.toContain('argon2');
  });

  test('follows a merge, and says so', async () => {
    await start();
    const [alice, alicia] = [await signIn('alice'), await signIn('alicia')];
    await run(mergeUsers, { into: alice.id, user: alicia.id }, 'yes');
    const { out } = await run(showUser, { user: alicia.id });
    expect(out.split('\n')[0]).toBe(`${alicia.id} was merged into ${alice.id}.`);
    expect((await json(showUser, { user: alicia.id })).id).toBe(alice.id);
  });

  test('wants to know which tenant when a username is of several users, and says when there is nobody', async () => {
    await start();
    await register(await signIn('alice'), 'alice');
    await register(await signIn('alice', 'wx-shop'), 'alice');
    const { WECHAT_APPID: _appid, WECHAT_SECRET: _secret, ...env } = settingsOf(scene.dir, { APPS_FILE: 'apps.json' });
    const file = apps.map(({ platform, appid, tenant }) => ({ platform, appid, tenant, secret: APP_SECRET }));
    let err = '';
    const status = await showUser(given({ username: 'alice' }), {
      environment: { env, cwd: scene.dir, readFile: () => JSON.stringify(file) },
      out: { write: () => true },
      err: { write: (text) => (err += text) },
    });
    expect([status, err]).toEqual([1, 'Several users have this username: add --tenant, one of default, shop.\n']);
    expect(await json(showUser, { username: 'alice', tenant: 'shop' })).toMatchObject({ tenant: 'shop' });
    const nobody = { status: 1, out: '', err: 'Nobody has this username.\n' };
    expect(await run(showUser, { username: 'nobody' })).toEqual(nobody);
    expect((await run(showUser, { user: 'nobody' })).err).toBe('There is no user of this id.\n');
  });
});

describe('menjin users ban and unban', () => {
  test('end the sessions of a user beside a running gateway, and let them in again', async () => {
    await start();
    const [alice, bob] = [await signIn('alice'), await signIn('bob')];
    await signIn('alice');
    expect(await run(ban, { openid: 'alice' })).toEqual({
      status: 0,
      out: `${alice.id} is banned: 2 sessions ended.\n`,
      err: '',
    });
    expect(await codeFor(alice)).toBe('UNAUTHENTICATED');
    expect(await codeFor(bob)).toBeNull();
    expect((await gateway?.login(codeOf('alice'), { appid: APPID }))?.code).toBe('USER_BLOCKED');
    expect((await run(ban, { user: alice.id })).out).toBe(`${alice.id} was banned before: 0 sessions ended.\n`);
    expect((await run(unban, { user: alice.id })).out).toBe(`${alice.id} is not banned any more.\n`);
    expect((await run(unban, { user: alice.id })).out).toBe(`${alice.id} was not banned.\n`);
    expect((await gateway?.login(codeOf('alice'), { appid: APPID }))?.code).toBeNull();
  });

  test('say so when there is nobody, or nobody any more', async () => {
    await start();
    await write((sql) =>
      sql.insertInto('users').values({ id: 'gone', tenant: 'default', created_at: 0, status: 'closed' }).execute(),
    );
    for (const command of [ban, unban]) {
      expect(await run(command, { user: 'nobody' })).toEqual({
        status: 1,
        out: '',
        err: 'There is no user of this id.\n',
      });
      expect((await run(command, { user: 'gone' })).err).toMatch(/^This user closed their account/);
    }
  });
});

describe('menjin users merge', () => {
  test('says what would happen, then does it when it is meant', async () => {
    await start();
    const [alice, alicia] = [await signIn('alice'), await signIn('alicia')];
    await register(alicia, 'alicia');
    const asked = { into: alice.id, user: alicia.id };
    const plan = [
      `${alicia.id} would become the same as ${alice.id}.`,
      `  identities that would come to ${alice.id}: 1`,
      `  sessions of ${alicia.id} that would end: 1`,
      `  taken from ${alicia.id}: username`,
      `  lost, because ${alice.id} has their own: nothing`,
      '',
    ].join('\n');
    expect(await run(mergeUsers, asked, 'dry-run')).toEqual({ status: 0, out: plan, err: '' });
    const unsure = { status: 2, out: plan, err: expect.stringMatching(/^Nothing was done.* add --yes\.\n$/) };
    expect(await run(mergeUsers, asked)).toEqual(unsure);
    expect(await codeFor(alicia)).toBeNull();

    const done = await run(mergeUsers, asked, 'yes');
    expect([done.status, done.out.split('\n')[0]]).toEqual([0, `${alicia.id} is now the same as ${alice.id}.`]);
    expect(await codeFor(alicia)).toBe('UNAUTHENTICATED');
    expect(await codeFor(alice)).toBeNull();
    expect((await signIn('alicia')).id).toBe(alice.id);
    for (const flags of [['yes'], ['dry-run'], []]) {
      expect(await run(mergeUsers, asked, ...flags)).toEqual({
        status: 0,
        out: 'They are one user already.\n',
        err: '',
      });
    }
  });

  test('refuses users who cannot become one, and changes nothing', async () => {
    await start();
    const [alice, bob, shopper] = [await signIn('alice'), await signIn('bob'), await signIn('alice', 'wx-shop')];
    await run(ban, { user: bob.id });
    const refusals: [Record<string, string>, RegExp][] = [
      [{ into: alice.id, user: 'nobody' }, /^There is no user of one of these ids\.\n$/],
      [{ into: alice.id, user: alice.id }, /^Both ids are of the same user\.\n$/],
      [{ into: alice.id, user: shopper.id }, /different tenants/],
      [{ into: alice.id, user: bob.id }, /banned/],
      [{ into: bob.id, user: alice.id }, /banned/],
    ];
    for (const [asked, sentence] of refusals) {
      for (const flag of ['yes', 'dry-run']) {
        expect(await run(mergeUsers, asked, flag)).toEqual({
          status: 1,
          out: '',
          err: expect.stringMatching(sentence),
        });
      }
    }
    expect(await codeFor(alice)).toBeNull();
    expect(await codeFor(shopper)).toBeNull();
  });
});

describe('the users commands say in one sentence what is missing', () => {
  const misuses: [string, Command, Record<string, string>, string[], RegExp][] = [
    ['list', listAllUsers, { limit: '0' }, [], /^The limit is a whole number from 1 to 10000\.$/],
    ['list', listAllUsers, { limit: 'many' }, [], /^The limit is a whole number/],
    ['show', showUser, {}, [], /^Say who: --user <id>, --openid <openid> or --username <username>\.$/],
    ['show', showUser, { username: 'abc', user: 'a' }, [], /^Give --user, --openid or --username, one of them\.$/],
    ['show', showUser, { user: 'a', tenant: 'b' }, [], /^The option --tenant goes with --username\.$/],
    ['show', showUser, { username: 'a b' }, [], /^A username is 3 to 32/],
    ['ban', ban, {}, [], /^Say who: --user <id> or --openid <openid>\.$/],
    ['unban', unban, { user: 'a', openid: 'b' }, [], /^Give --user or --openid, not both\.$/],
    ['merge', mergeUsers, { into: 'a' }, ['yes'], /^Say which: --into <id of who stays>/],
    ['merge', mergeUsers, { into: 'a', user: 'b' }, ['yes', 'dry-run'], /^Give --dry-run or --yes, not both\.$/],
  ];
  test.each(misuses)('%s', (_, command, options, flags, sentence) => {
    const stream = { write: () => true };
    const call = () => command(given(options, ...flags), { out: stream, err: stream });
    expect(call).toThrow(UsageError);
    expect(call).toThrow(sentence);
  });
});

describeWithService('redis', 'menjin users ban beside a gateway whose sessions are in Redis', () => {
  let redis: LocalServer;

  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.stop());

  test('ends them there', async () => {
    const { running } = await start({ sessionStoreUrl: { kind: 'redis', url: redis.url } });
    while ((await running.app.inject({ url: '/readyz' })).statusCode !== 200) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const alice = await signIn('alice');
    const env = settingsOf(scene.dir, { SESSION_STORE_URL: redis.url });
    const { out } = await runCommand(env, (command) => ban(given({ openid: 'alice' }), command));
    expect(out).toBe(`${alice.id} is banned: 1 session ended.\n`);
    expect(await codeFor(alice)).toBe('UNAUTHENTICATED');
  });
});

describeWithService('postgres', 'the users commands beside a gateway on PostgreSQL', () => {
  let postgres: LocalServer;

  beforeEach(async () => {
    postgres = await startPostgres();
  });
  afterEach(() => postgres.stop());

  test('list, show, merge and ban', async () => {
    const url = { kind: 'postgres', url: postgres.url } as const;
    await start({ databaseUrl: url, sessionStoreUrl: url });
    const env = settingsOf(scene.dir, { DATABASE_URL: postgres.url, SESSION_STORE_URL: postgres.url });
    const command = (call: Command, options: Record<string, string>, ...flags: string[]) =>
      runCommand(env, (streams) => call(given(options, ...flags), streams));
    const [alice, alicia] = [await signIn('alice'), await signIn('alicia')];
    expect((await command(mergeUsers, { into: alice.id, user: alicia.id }, 'yes')).status).toBe(0);
    expect((await command(showUser, { user: alicia.id })).out).toMatch(/^sessions +1$/m);
    expect((await command(ban, { openid: 'alicia' })).out).toBe(`${alice.id} is banned: 1 session ended.\n`);
    expect(await codeFor(alice)).toBe('UNAUTHENTICATED');
    const listed = JSON.parse((await command(listAllUsers, {}, 'json')).out);
    expect(listed).toMatchObject([
      { id: alicia.id, status: 'merged', mergedInto: alice.id },
      { id: alice.id, status: 'banned' },
    ]);
  });
});
