import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { freshDatabase, startPostgres } from '../servers/postgres.js';
import { askRedis, startRedis } from '../servers/redis.js';
import { figures, print } from '../support/figures.js';
import { withCanary } from '../support/postgres-gateway.js';
import { type Answered, type GatewayProcess, startGatewayProcess } from '../support/processes.js';
import { REDIS_PASSWORD } from '../support/redis-gateway.js';
import { rounds } from '../support/rounds.js';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, makeTempDir, type TempDir } from '../support/test-gateway.js';

// A soak takes minutes.
jest.setTimeout(1_800_000);

/** What was ended is refused by everybody after this. */
const BOUND_MS = 1000;
const SESSIONS_OF_ONE = 20;
const GIVE_UP_MS = 30_000;

/** With everysec, and while the disk is busy, Redis answers up to two seconds before it writes. */
const DURABILITIES = [
  { appendfsync: 'always', mayLoseLastMs: null, kills: rounds(1, 10) },
  { appendfsync: 'everysec', mayLoseLastMs: 2000, kills: rounds(1, 10) },
];

interface SignedIn {
  readonly token: string;
  readonly id: string;
}

/** What became of one session in a process that did not end it. */
interface Watched {
  /** From the answer of its end until the first request was sent that was refused. */
  readonly refusedAfterMs: number;
  /** Requests that were sent after that answer and served. */
  readonly served: number;
}

describeWithService('postgres', 'three gateways in processes of their own, on one PostgreSQL', () => {
  describeWithService('redis', 'and one Redis with an append-only file', () => {
    let wechat: StandInWechat;
    let dir: TempDir;
    let postgres: LocalServer;
    let redis: LocalServer;
    let processes: readonly GatewayProcess[] = [];
    const closers: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      dir = makeTempDir();
      wechat = await startStandInWechat();
      closers.push(() => wechat.close());
      redis = await startRedis({ appendonly: true, password: REDIS_PASSWORD });
      closers.push(() => redis.stop());
      postgres = await startPostgres();
      closers.push(() => postgres.stop());
      const env = {
        WECHAT_API_URL: wechat.url,
        DATABASE_URL: withCanary(await freshDatabase(postgres)),
        SESSION_STORE_URL: redis.url,
        SESSIONS_PER_USER: '1000',
        DATA_DIR: dir.path,
      };
      const start = async () => {
        const process = await startGatewayProcess(env);
        closers.push(() => process.kill());
        return process;
      };
      processes = await Promise.all([start(), start(), start()]);
    });
    afterAll(async () => {
      for (const close of closers.reverse()) await close();
      dir.remove();
    });

    const at = (n: number) => processes[n % processes.length] as GatewayProcess;
    const redisCommand = (...command: string[]) => askRedis(redis.url, ...command);

    describe('refuse within a second what another of them has ended', () => {
      test('when they are told', async () => {
        await redisCommand('ACL', 'SETUSER', 'default', 'allchannels');
        await eventually(async () => {
          const [, listening] = (await redisCommand('PUBSUB', 'NUMSUB', 'menjin:ended')) as [string, number];
          return listening === processes.length;
        });
        await endMany(rounds(40, 10_000));
      });

      test('when nobody may tell them', async () => {
        await redisCommand('ACL', 'SETUSER', 'default', 'resetchannels');
        const watched = await endMany(rounds(20, 2000));
        // Else they had nothing at hand that they could have served.
        expect(watched.filter(({ served }) => served > 0).length).toBeGreaterThan(watched.length / 10);
        await redisCommand('ACL', 'SETUSER', 'default', 'allchannels');
      });
    });

    describe('lose nothing when Redis is killed -9 under load', () => {
      test.each(DURABILITIES.slice(0, rounds(1, 2)))(
        'with appendfsync $appendfsync',
        async ({ appendfsync, mayLoseLastMs, kills }) => {
          const counts = { kills, loggedIn: 0, loggedOut: 0, lost: 0 };
          for (let round = 0; round < kills; round += 1) {
            await redisCommand('CONFIG', 'SET', 'appendfsync', appendfsync);
            const traffic = startTraffic(`${appendfsync}-${round}`);
            await sleep(500);
            await eventually(() => traffic.loggedIn.length > 50 && traffic.loggedOut.length > 10);
            const killedAt = performance.now();
            await redis.kill();
            await redis.restart();
            const restartedAt = performance.now();
            await eventually(() => (traffic.loggedIn.at(-1)?.sentAt ?? 0) > restartedAt);
            await traffic.stop();

            counts.loggedIn += traffic.loggedIn.length;
            counts.loggedOut += traffic.loggedOut.length;
            await inLanes(traffic.loggedIn, 20, async ({ token, openid, answeredAt }, n) => {
              const found = await viewerOf(at(n), token);
              const isLate =
                mayLoseLastMs !== null && answeredAt > killedAt - mayLoseLastMs && answeredAt < restartedAt;
              if (found === null && isLate) counts.lost += 1;
              else expect(found).toBe(openid);
            });
            await inLanes(traffic.loggedOut, 20, async (token) => {
              expect(await Promise.all(processes.map((each) => viewerOf(each, token)))).toEqual(
                processes.map(() => null),
              );
            });
          }
          print(counts);
        },
      );
    });

    /** People log in, and every third of them out again, until told to stop. */
    function startTraffic(name: string) {
      const loggedIn: { token: string; openid: string; sentAt: number; answeredAt: number }[] = [];
      const loggedOut: string[] = [];
      let isOver = false;

      async function goOn(lane: number): Promise<void> {
        for (let n = 0; !isOver; n += 1) {
          const [openid, sentAt] = [`${name}-${lane}-${n}`, performance.now()];
          const answer = await at(lane + n).login(codeOf(openid));
          if (codeIn(answer) !== null) {
            expect(['SERVICE_UNAVAILABLE', 'PLATFORM_UNAVAILABLE']).toContain(codeIn(answer));
            await sleep(20);
            continue;
          }
          const { token } = answer.body.data.login;
          if (n % 3 !== 0) {
            loggedIn.push({ token, openid, sentAt, answeredAt: performance.now() });
            continue;
          }
          const ended = await at(lane + n + 1).graphql('mutation { logout { ended } }', { token });
          if (codeIn(ended) === null) loggedOut.push(token);
          else expect(codeIn(ended)).toBe('SERVICE_UNAVAILABLE');
        }
      }
      const going = Promise.all(Array.from({ length: 8 }, (_, lane) => goOn(lane)));
      return {
        loggedIn,
        loggedOut,
        stop: async () => {
          isOver = true;
          await going;
        },
      };
    }

    async function endMany(count: number): Promise<Watched[]> {
      const people = Array.from({ length: count / SESSIONS_OF_ONE }, (_, n) => `person-${n}`);
      const sessions = new Map<string, SignedIn[]>();
      await inLanes(people, 8, async (openid) => {
        const mine: SignedIn[] = [];
        // Of one user only one at a time comes to its commit point anyway.
        while (mine.length < SESSIONS_OF_ONE) mine.push(await signIn(openid, mine.length));
        sessions.set(openid, mine);
      });
      const watched: Watched[] = [];
      await inLanes(people, 3, async (openid, n) => {
        watched.push(...(await endAllOf(sessions.get(openid) ?? [], n)));
      });

      expect(watched).toHaveLength(count * (processes.length - 1));
      await sleep(BOUND_MS);
      // Nor later: what is refused stays refused.
      await inLanes([...sessions.values()].flat(), 20, async ({ token }) => {
        expect(await Promise.all(processes.map((each) => viewerOf(each, token)))).toEqual(processes.map(() => null));
      });
      print({ count, ...figures(watched.map(({ refusedAfterMs }) => refusedAfterMs)) });
      return watched;
    }

    /** Each time with a new code: a machine that has too much to do burns some. */
    async function signIn(openid: string, n: number): Promise<SignedIn> {
      const giveUpAt = performance.now() + GIVE_UP_MS;
      for (;;) {
        const answer = await at(n).login(codeOf(openid));
        if (codeIn(answer) === null) {
          const { token, viewer } = answer.body.data.login;
          return { token, id: viewer.session.id };
        }
        if (performance.now() > giveUpAt) throw new Error(`no login, and ${codeIn(answer)} at last`);
        await sleep(50);
      }
    }

    /** Each way there is to end a session, in each of the processes. */
    async function endAllOf(sessions: readonly SignedIn[], n: number): Promise<Watched[]> {
      const [asking] = sessions;
      if (asking === undefined) throw new Error('nobody has signed in');
      const [loggedOut, revoked, rest] = [sessions.slice(1, 9), sessions.slice(9, 14), sessions.slice(14)];
      const watched = await Promise.all([
        ...loggedOut.map((session, m) =>
          end([session], at(n + m), 'mutation { logout { ended } }', { token: session.token }),
        ),
        ...revoked.map((session, m) =>
          end([session], at(n + m), 'mutation ($id: ID!) { revokeSession(input: { id: $id }) { ended } }', {
            token: asking.token,
            variables: { id: session.id },
          }),
        ),
      ]);
      const all = 'mutation { revokeSessions(input: { keepCurrent: false }) { ended } }';
      return [...watched.flat(), ...(await end([asking, ...rest], at(n), all, { token: asking.token }))];
    }

    async function end(
      sessions: readonly SignedIn[],
      by: GatewayProcess,
      mutation: string,
      options: { token: string; variables?: unknown },
    ): Promise<Watched[]> {
      const pairs = (among: readonly GatewayProcess[]) =>
        sessions.flatMap(({ token }) => among.map((process) => ({ process, token })));
      // So that each has it at hand at the moment of its end.
      await Promise.all(
        pairs(processes).map(async ({ process, token }) => expect(await viewerOf(process, token)).not.toBeNull()),
      );
      await settled(() => by.graphql(mutation, options));
      const endedAt = performance.now();
      const own = pairs([by]).map(async ({ process, token }) => expect(await viewerOf(process, token)).toBeNull());
      const others = processes.filter((process) => process !== by);
      const watched = pairs(others).map(({ process, token }) => untilRefused(process, token, endedAt));
      await Promise.all(own);
      return Promise.all(watched);
    }
  });
});

/** A request counts as of the time it was sent: one that was sent within the bound may be served, and answered after it. */
async function untilRefused(process: GatewayProcess, token: string, endedAt: number): Promise<Watched> {
  for (let served = 0; ; served += 1) {
    const sentAfterMs = performance.now() - endedAt;
    if ((await viewerOf(process, token)) === null) return { refusedAfterMs: sentAfterMs, served };
    if (sentAfterMs >= BOUND_MS) throw new Error(`served ${Math.round(sentAfterMs)} ms after its end was answered`);
    await sleep(50);
  }
}

/** The openid; null when the token is refused. */
async function viewerOf(process: GatewayProcess, token: string): Promise<string | null> {
  const answer = await settled(() => process.graphql('{ viewer { openid } }', { token }));
  if (codeIn(answer) === null) return answer.body.data.viewer.openid;
  expect(codeIn(answer)).toBe('UNAUTHENTICATED');
  return null;
}

function codeIn({ body }: Answered): string | null {
  return body.errors?.[0]?.extensions?.code ?? null;
}

/** As a client does: SERVICE_UNAVAILABLE means the same again. */
async function settled(ask: () => Promise<Answered>): Promise<Answered> {
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (;;) {
    const answer = await ask();
    if (codeIn(answer) !== 'SERVICE_UNAVAILABLE') return answer;
    if (performance.now() > giveUpAt) throw new Error(`nothing was known for ${GIVE_UP_MS} ms`);
    await sleep(50);
  }
}

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + GIVE_UP_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`it did not happen within ${GIVE_UP_MS} ms`);
    await sleep(10);
  }
}

/** So many at a time. */
async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T, n: number) => Promise<void>) {
  const waiting = items.entries();
  const lane = async () => {
    for (const [n, item] of waiting) await work(item, n);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
