import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { composeGateway } from '../../src/gateway.js';
import { describeWithService } from '../servers/describe-with-service.js';
import { startPostgres } from '../servers/postgres.js';
import { askRedis, startRedis } from '../servers/redis.js';
import { CAUSE_CANARY } from '../support/faults.js';
import { settledHeap } from '../support/heap.js';
import { type GatewayProcess, type ProcessOptions, startGatewayProcess } from '../support/processes.js';
import { rounds } from '../support/rounds.js';
import { openSqliteStores } from '../support/shared-stores.js';
import { hang, hold, type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import {
  codeOf,
  createTestClock,
  freshRequestId,
  makeTempDir,
  startTestGateway,
  type TempDir,
  type TestGatewayOptions,
  testConfig,
} from '../support/test-gateway.js';
import { openWire } from '../support/wire.js';

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let wechat: StandInWechat;
let dir: TempDir;
let closers: (() => Promise<unknown>)[];

beforeEach(async () => {
  dir = makeTempDir();
  wechat = await startStandInWechat();
  closers = [() => wechat.close()];
});

afterEach(async () => {
  for (const close of closers.reverse()) await close();
  dir.remove();
});

async function startHere(options: Partial<TestGatewayOptions> = {}) {
  const gateway = await startTestGateway({ wechatApiUrl: wechat.url, ...options });
  closers.push(gateway.close);
  return gateway;
}

// Windows has no signal that a process can answer, and no ulimit.
const describeSignals = process.platform === 'win32' ? describe.skip : describe;

describeSignals('a process', () => {
  let gateway: GatewayProcess;

  async function start(env: Record<string, string> = {}, options: ProcessOptions = {}): Promise<void> {
    const ours = { WECHAT_API_URL: wechat.url, DATA_DIR: dir.path, SESSION_CACHE: '0', CANARY: CAUSE_CANARY };
    const started = await startGatewayProcess({ ...ours, ...env }, options);
    closers.push(started.kill);
    gateway = started;
  }

  const logLines = () =>
    gateway
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  const tokenFor = async (openid: string) => (await gateway.login(codeOf(openid))).body.data.login.token;
  const viewer = (token: string) => gateway.graphql('{ viewer { openid } }', { token });
  /** The openid of the viewer, or the code of the error. */
  const outcomeOf = ({ body }: Awaited<ReturnType<typeof viewer>>) =>
    body.errors?.[0].extensions.code ?? body.data.viewer?.openid ?? body.data.login?.viewer.openid;

  /** Has the code of `before` do what it does on a signal; resolves when this was written. */
  async function signal(name: NodeJS.Signals, text: string): Promise<void> {
    gateway.child.kill(name);
    while (!gateway.output().includes(text)) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  test('that is told to stop answers a hundred requests that are under way, refuses new ones, and ends with status 0', async () => {
    // A hundred logins at once are a lot for a slow disk.
    await start({ DATABASE_URL: 'memory:', SESSION_STORE_URL: 'memory:' });
    const held = hold(100);
    wechat.behaviour = held.behaviour;
    const logins = Array.from({ length: 100 }, (_, n) => gateway.login(codeOf(`person-${n}`)));
    await held.arrived;
    await signal('SIGTERM', '"stopping"');
    await expect(fetch(gateway.url)).rejects.toThrow();
    held.release();

    const answers = await Promise.all(logins);
    expect(answers.map(outcomeOf)).toEqual(answers.map((_, n) => `person-${n}`));
    // Another signal would kill it when it comes between the last handler and the end.
    expect(await gateway.ended()).toBe(0);
    expect(logLines().at(-1).msg).toBe('stopped');
  });

  test('in which a promise rejects that nobody handles tells of it, answers what is under way, and ends with status 1', async () => {
    const before = `process.on('SIGUSR2', () => void Promise.reject(new Error(process.env.CANARY)))`;
    await start({}, { before });
    const held = hold();
    wechat.behaviour = held.behaviour;
    const login = gateway.login(codeOf('alice'));
    await held.arrived;
    await signal('SIGUSR2', '"stopping"');
    held.release();

    const { token } = (await login).body.data.login;
    expect(await gateway.stop()).toBe(1);
    // The login was held, and may have been slow.
    const told = logLines().filter(({ msg }) => !/^(started|slow)$/.test(msg));
    expect(told.map(({ level, msg }) => [level, msg])).toEqual([
      [60, 'a failure that nobody handled'],
      [30, 'stopping'],
      [30, 'login'],
      [30, 'stopped'],
    ]);
    expect(told[0].causeClass).toBe('Error');
    expect(told[0].stack[0]).toContain('data:text/javascript');
    expect(told[1].origin).toBe('unhandledRejection');
    expect((await (await startHere({ dataDir: dir.path })).viewer(token)).code).toBeNull();
  });

  test('whose system has no random numbers to give refuses logins, and nothing weaker takes their place', async () => {
    const before = `
      import crypto from 'node:crypto';
      import { syncBuiltinESMExports } from 'node:module';
      const { randomBytes } = crypto;
      const refuse = () => { throw new Error(process.env.CANARY); };
      process.on('SIGUSR2', () => {
        const isBroken = crypto.randomBytes === randomBytes;
        crypto.randomBytes = isBroken ? refuse : randomBytes;
        syncBuiltinESMExports();
        console.log(isBroken ? 'is broken' : 'is mended');
      });`;
    await start({}, { before });
    const token = await tokenFor('alice');
    await signal('SIGUSR2', 'is broken');
    for (const requestId of [undefined, freshRequestId()]) {
      const answer = await gateway.login(codeOf('bob'), requestId);
      expect([answer.status, outcomeOf(answer), answer.body.data]).toEqual([500, 'INTERNAL_SERVER_ERROR', null]);
    }
    expect(outcomeOf(await viewer(token))).toBe('alice');

    await signal('SIGUSR2', 'is mended');
    expect(outcomeOf(await viewer(await tokenFor('bob')))).toBe('bob');
  });

  test('that may open no more files serves whom it can, refuses the others, and serves all when there are some again', async () => {
    await start({}, { openFiles: 512 });
    // So that each login needs a connection of its own.
    wechat.behaviour = (_call, response) => {
      response.setHeader('connection', 'close');
      return 'default';
    };
    const token = await tokenFor('alice');
    const port = Number(new URL(gateway.url).port);
    const wire = await openWire(port);
    const crowd = Array.from({ length: 600 }, () => connect({ port, host: '127.0.0.1' }));
    const ends = crowd.map(
      (socket) => new Promise<void>((resolve) => socket.on('error', () => undefined).on('close', resolve)),
    );
    await Promise.race(ends);
    // By the connection that was there before.
    wire.write(requestOf('{ viewer { openid } }', token));
    expect((await wire.answer())?.body).toContain('alice');
    wire.write(requestOf(`mutation { login(input: { code: "${codeOf('bob')}" }) { token } }`));
    expect(await wire.answer()).toMatchObject({ status: 503, body: expect.stringContaining('PLATFORM_UNAVAILABLE') });
    wire.close();

    for (const socket of crowd) socket.destroy();
    await Promise.all(ends);
    const logIn = () => gateway.login(codeOf('bob')).then(outcomeOf, () => 'refused');
    let mended = await logIn();
    // Until the gateway has seen that they have gone.
    while (/^(refused|PLATFORM_UNAVAILABLE)$/.test(mended)) mended = await logIn();
    expect(mended).toBe('bob');
    expect(outcomeOf(await viewer(token))).toBe('alice');
    expect(await gateway.stop()).toBe(0);
  });

  describeWithService('redis', 'whose sessions are in Redis', () => {
    test('that does nothing for three seconds answers what came meanwhile, and what hangs in time, and keeps its connections', async () => {
      const redis = await startRedis();
      closers.push(redis.stop);
      const before = `
        import { writeSync } from 'node:fs';
        process.on('SIGUSR2', () => {
          writeSync(1, 'is blocked\\n');
          const end = performance.now() + 3000;
          while (performance.now() < end);
        });`;
      await start({ SESSION_STORE_URL: redis.url }, { before });
      const token = await tokenFor('alice');
      const connections = async () =>
        Number(/total_connections_received:(\d+)/.exec(String(await askRedis(redis.url, 'INFO', 'stats')))?.[1]);
      const connected = await connections();
      wechat.behaviour = hang;
      const hanging = gateway.login(codeOf('bob'));
      while (wechat.calls.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));

      const early = Array.from({ length: 20 }, () => viewer(token));
      await signal('SIGUSR2', 'is blocked');
      const late = Array.from({ length: 20 }, () => viewer(token));
      const answers = await Promise.all([...early, ...late]);
      expect(answers.map(outcomeOf)).toEqual(answers.map(() => 'alice'));
      expect(outcomeOf(await hanging)).toBe('PLATFORM_UNAVAILABLE');
      expect(outcomeOf(await viewer(token))).toBe('alice');
      expect(logLines().map(({ msg }) => msg)).not.toContain('Redis does not answer');
      // One to ask how many there were.
      expect(await connections()).toBe(connected + 1);
    });

    describeWithService('postgres', 'and its users in PostgreSQL', () => {
      test('that is told to stop while both stores hang tells who waits, and ends by itself', async () => {
        const [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
        closers.push(redis.stop, postgres.stop);
        await start({ SESSION_STORE_URL: redis.url, DATABASE_URL: postgres.url });
        const token = await tokenFor('alice');
        for (const store of [redis, postgres]) {
          store.freeze();
          closers.push(async () => store.thaw());
        }
        const waiting = [viewer(token), gateway.login(codeOf('bob'), freshRequestId())];
        await Promise.race(waiting);
        await signal('SIGTERM', '"stopping"');
        const more = await Promise.all(waiting);
        expect(more.map(outcomeOf)).toEqual(['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE']);
        expect(await gateway.stop()).toBe(0);
        expect(logLines().at(-1).msg).toBe('stopped');
      });
    });
  });
});

describe('a clock', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test.each([
    ['an hour', HOUR],
    ['to 1970', Date.UTC(2026, 0, 1)],
  ])('that goes back %s ends no session, makes none live longer, and keeps nobody from logging in', async (_, back) => {
    const config = {
      sessionIdleTtlMs: DAY,
      sessionMaxTtlMs: 2 * DAY,
      loginLimitPerIp: { count: 2, windowSeconds: 1 },
      sessionCacheSize: 100,
    };
    const gateway = await startHere({ config });
    const { clock } = gateway;
    // What counts logins has a clock of its own.
    const wall = jest.spyOn(Date, 'now').mockImplementation(clock.now);
    const outcome = async (token: string) => (await gateway.viewer(token)).code ?? 'good';
    const old = await gateway.tokenFor(codeOf('alice'));
    expect(await outcome(old)).toBe('good');

    clock.advance(-back);
    expect(await outcome(old)).toBe('good');
    let login = await gateway.login(codeOf('bob'));
    // For a window, and no longer: its end is real time.
    while (login.code === 'RATE_LIMITED') login = await gateway.login(codeOf('bob'));
    const young = login.body.data.login.token;
    expect(await outcome(young)).toBe('good');
    await gateway.running.sweep();

    clock.advance(back);
    expect([await outcome(old), await outcome(young)]).toEqual(['good', back > DAY ? 'UNAUTHENTICATED' : 'good']);
    for (const ms of [DAY - 1, DAY / 2, DAY / 2]) {
      clock.advance(ms);
      expect(await outcome(old)).toBe('good');
    }
    clock.advance(1);
    expect([await outcome(old), await outcome(young)]).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
    expect(wall).toHaveBeenCalled();
  });

  test('90 s ahead of that of another host: the sessions and logins of each are good on the other', async () => {
    const stores = await openSqliteStores();
    closers.push(stores.close);
    const config = { ...stores.config, sessionIdleTtlMs: 10 * 60 * SECOND, sessionCacheSize: 100 };
    const slow = await startHere({ config, clock: createTestClock() });
    const fast = await startHere({ config, clock: createTestClock(slow.clock.now() + 90 * SECOND) });
    for (const [one, other] of [
      [slow, fast],
      [fast, slow],
    ] as const) {
      const code = codeOf('alice');
      const requestId = freshRequestId();
      const token = await one.tokenFor(code, { requestId });
      for (const gateway of [slow, fast]) expect((await gateway.viewer(token)).code).toBeNull();
      expect(await other.tokenFor(code, { requestId })).toBe(token);
      for (let used = 0; used < 20; used += 1) {
        for (const gateway of [slow, fast]) {
          gateway.clock.advance(60 * SECOND);
          await gateway.running.sweep();
          expect((await gateway.viewer(token)).code).toBeNull();
        }
      }
      expect((await other.logout(token)).body.data.logout).toEqual({ ended: true });
      one.clock.advance(SECOND);
      expect((await one.viewer(token)).code).toBe('UNAUTHENTICATED');
    }
    expect(wechat.calls).toHaveLength(2);
  });
});

test('a day of tokens that nobody issued, of logins and of documents: the heap stays as it is', async () => {
  const clock = createTestClock();
  const config = testConfig({
    wechatApiUrl: wechat.url,
    config: {
      sessionCacheSize: 200,
      trustProxy: 1,
      loginLimitPerIp: { count: 100, windowSeconds: 1 },
      loginLimitPerApp: { count: 1_000_000, windowSeconds: 1 },
    },
  });
  const gateway = await composeGateway(config, {
    now: clock.now,
    sweepEveryMs: null,
    logDestination: { write: () => undefined },
    fetchJson: async ({ query }) => ({ status: 200, body: exchangeOf(query?.js_code ?? '') }),
  });
  closers.push(gateway.close);

  async function ask(query: string, token: string | null = null): Promise<{ data: { login: { token: string } } }> {
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    const address = [...randomBytes(4)].join('.');
    const headers = { ...authorization, 'x-forwarded-for': address };
    return (await gateway.app.inject({ method: 'POST', url: '/graphql', headers, payload: { query } })).json();
  }
  const login = (code: string) =>
    `mutation { login(input: { code: "${code}", requestId: "${freshRequestId()}" }) { token } }`;

  const randomToken = () => `mj_${randomBytes(32).toString('base64url')}`;
  async function pass(steps: number, tokensPerStep: number): Promise<void> {
    for (let n = 0; n < steps; n += 1) {
      clock.advance(DAY / steps);
      for (let some = 1; some < tokensPerStep; some += 1) await gateway.authenticate(randomToken());
      await ask(`{ viewer { openid } } # ${freshRequestId()}`, randomToken());
      if (n % 10 === 0) await ask(login('bad'));
      if (n % 50 !== 0) continue;
      const { token } = (await ask(login(codeOf('alice')))).data.login;
      await ask('{ viewer { openid } }', token);
      await ask('mutation { logout { ended } }', token);
      await gateway.sweep();
    }
  }
  const tokens = rounds(15_000, 1_000_000);
  // Until all that is bounded is full.
  await pass(220, 5);
  const before = settledHeap();
  await pass(tokens / 100, 100);
  const [beforeMb, grownMb] = [before, settledHeap() - before].map((bytes) => Number((bytes / 2 ** 20).toFixed(2)));
  if (process.env.SOAK === '1') console.log({ tokens, beforeMb, grownMb });
  expect(grownMb).toBeLessThan(1.5);
}, 3_600_000);

function requestOf(query: string, token?: string): string {
  const body = JSON.stringify({ query });
  const head = ['POST /graphql HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
  if (token !== undefined) head.push(`Authorization: Bearer ${token}`);
  return [...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

function exchangeOf(code: string): object {
  if (code.startsWith('bad')) return { errcode: 40029, errmsg: 'invalid code' };
  return { openid: code.split('.')[0], session_key: randomBytes(16).toString('base64') };
}
