// How long is a session accepted by another process after its logout was answered? Two gateways as processes, one Redis, one
// SQLite file; with Redis' pub/sub and without. Wants `npm run build`.
//   node --import ./test/support/typescript.mjs bench/revoke.ts [--quick] [--revokes 200]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { askRedis, startRedis } from '../test/servers/redis.js';
import { type GatewayProcess, startGatewayProcess } from '../test/support/processes.js';
import { startStandInWechat } from '../test/support/stand-in-wechat.js';
import { codeOf } from '../test/support/test-gateway.js';
import { progress, type Quantiles, quantiles } from './measure.js';
import { report } from './results.js';
import type { Table } from './table.js';

const WHOLE = 200;
/** Each asks the second process without a pause. */
const AT_ONCE = 2;
/** As long as a process may remember what it read: a logout may fall anywhere in it. */
const CACHE_MS = 1000;
const CHANNEL = 'menjin:ended';
/** Asked on after the first refusal, so that an acceptance after it is seen too. */
const AFTER_REFUSAL_MS = 100;

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, revokes: { type: 'string', default: `${WHOLE}` } },
});
const revokes = flags.quick ? 2 * AT_ONCE : Number(flags.revokes);

async function isAccepted(gateway: GatewayProcess, token: string): Promise<boolean> {
  const { body } = await gateway.graphql('{ viewer { openid } }', { token });
  if (typeof body.data?.viewer?.openid === 'string') return true;
  if (body.errors?.[0]?.extensions?.code === 'UNAUTHENTICATED') return false;
  throw new Error(`neither accepted nor refused: ${JSON.stringify(body)}`);
}

/** Of the last request that was accepted: when it was sent and when it was answered, in ms after the answer of `logout`. */
interface LastAccepted {
  readonly sentMs: number;
  readonly answeredMs: number;
}

async function logOutWhileAsking(first: GatewayProcess, second: GatewayProcess, openid: string): Promise<LastAccepted> {
  const token: string = (await first.login(codeOf(openid))).body.data.login.token;
  let last: { sentAt: number; answeredAt: number } | null = null;
  let refusedSince = Number.POSITIVE_INFINITY;
  const asking = (async () => {
    while (performance.now() - refusedSince < AFTER_REFUSAL_MS) {
      const sentAt = performance.now();
      const isStillAccepted = await isAccepted(second, token);
      if (isStillAccepted) last = { sentAt, answeredAt: performance.now() };
      else refusedSince = Math.min(refusedSince, performance.now());
    }
    return last;
  })();
  await wait(Math.random() * CACHE_MS);
  const { body } = await first.graphql('mutation { logout { ended } }', { token });
  const endedAt = performance.now();
  if (body.data?.logout?.ended !== true) throw new Error(`the logout was refused: ${JSON.stringify(body)}`);
  const accepted = await asking;
  if (accepted === null) throw new Error('the second process never accepted the session');
  return { sentMs: Math.max(0, accepted.sentAt - endedAt), answeredMs: Math.max(0, accepted.answeredAt - endedAt) };
}

async function untilBothHear(redisUrl: string): Promise<void> {
  while (Number(((await askRedis(redisUrl, 'PUBSUB', 'NUMSUB', CHANNEL)) as unknown[])[1]) < 2) await wait(50);
}

interface Figure {
  readonly pubSub: boolean;
  readonly logouts: number;
  readonly lastSentMs: Quantiles;
  readonly lastAnsweredMs: Quantiles;
  readonly raw: readonly LastAccepted[];
}

async function measure(hasPubSub: boolean): Promise<Figure> {
  const name = hasPubSub ? 'with pub/sub' : 'without';
  const folder = mkdtempSync(path.join(tmpdir(), 'menjin-bench-'));
  const wechat = await startStandInWechat();
  const redis = await startRedis();
  const started: GatewayProcess[] = [];
  try {
    if (!hasPubSub) await askRedis(redis.url, 'ACL', 'SETUSER', 'default', 'resetchannels');
    const start = async () => {
      const env = {
        ...{ WECHAT_API_URL: wechat.url, SESSION_STORE_URL: redis.url },
        ...{ DATABASE_URL: `sqlite:${path.join(folder, 'menjin.db')}`, DATA_DIR: folder },
      };
      const gateway = await startGatewayProcess(env);
      started.push(gateway);
      return gateway;
    };
    const [first, second] = [await start(), await start()];
    // The first ones warm up.
    for (let n = 0; n < 3; n += 1) await logOutWhileAsking(first, second, `warm${n}`);
    if (hasPubSub) await untilBothHear(redis.url);
    const all: LastAccepted[] = [];
    for (let n = 0; n < revokes; n += AT_ONCE) {
      if (n % 50 === 0) progress(`${name}: ${n} of ${revokes}`);
      const some = Array.from({ length: AT_ONCE }, (_, index) => logOutWhileAsking(first, second, `u${n}x${index}`));
      all.push(...(await Promise.all(some)));
    }
    return {
      ...{ pubSub: hasPubSub, logouts: all.length },
      lastSentMs: quantiles(all.map(({ sentMs }) => sentMs)),
      lastAnsweredMs: quantiles(all.map(({ answeredMs }) => answeredMs)),
      raw: all,
    };
  } finally {
    for (const gateway of started) await gateway.stop();
    await redis.stop();
    await wechat.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function tableOf(figures: readonly Figure[]): Table {
  return {
    head: ['', 'logouts', 'last sent: p50, ms', 'p99', 'max', 'last answered: p50, ms', 'p99', 'max'],
    rows: figures.map(({ pubSub, logouts, lastSentMs, lastAnsweredMs }) => {
      const times = [lastSentMs, lastAnsweredMs].flatMap(({ p50, p99, max }) => [p50, p99, max]);
      return [pubSub ? 'with pub/sub' : 'without', logouts, ...times.map((ms) => ms.toFixed(1))];
    }),
  };
}

const figures = [await measure(true), await measure(false)];
const chart = {
  title: 'Accepted elsewhere after the logout was answered: last sent, p99 in ms',
  bars: figures.map(({ pubSub, lastSentMs }) => ({
    label: pubSub ? 'with pub/sub' : 'without',
    value: lastSentMs.p99,
    isOurs: true,
  })),
};
const goals = figures.map(({ pubSub, lastAnsweredMs }) => ({
  what: `last acceptance, p99, ${pubSub ? 'with pub/sub' : 'without'}`,
  wanted: ['at most', pubSub ? 50 : 1000] as const,
  ...{ found: [lastAnsweredMs.p99], unit: 'ms', digits: 1 },
}));
report('revoke', { figures, tables: [tableOf(figures)], goals, chart }, { isTrial: revokes < WHOLE });
