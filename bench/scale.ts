// Do two processes on one Redis and one database answer twice as much as one? Both are asked at once, by a load each. What they
// cost is told beside: with fewer cores than servers and loads, the machine is the limit. Wants `npm run build`.
//   node --import ./test/support/typescript.mjs bench/scale.ts [--quick] [--rounds 5] [--seconds 4]
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { startRedis } from '../test/servers/redis.js';
import { fillRedis, tokenOf } from './filled-stores.js';
import { type RunningMenjin, startMenjin } from './gateways.js';
import { askAtFullSpeed, loadGenerator } from './load/full-speed.js';
import { viewerTarget } from './load/target.js';
import { median, progress } from './measure.js';
import { type Usage, withUsage } from './process-usage.js';
import { report } from './results.js';
import { inTurn, lengthOf, percentText, ratioText, summaryOf, wholeText } from './rounds.js';
import { inScene } from './scene.js';

const CONNECTIONS = 64;
const SESSIONS = 100_000;
const WARM_TOKENS = 200;
const WEEK_MS = 7 * 86_400_000;
/** Two servers, what asks each, and Redis. */
const ENOUGH_CORES = 4;

const { rounds, seconds, isTrial } = lengthOf({ rounds: 5, seconds: 4 });

interface Turn extends Usage {
  readonly perSecond: number;
}

function ask(processes: readonly RunningMenjin[], tokens: readonly string[]): Promise<Turn> {
  const pids = processes.map(({ pid }) => pid);
  return withUsage(pids, async () => {
    const loads = await Promise.all(
      processes.map(({ url }) =>
        askAtFullSpeed(viewerTarget(url, tokens), { connections: CONNECTIONS, seconds, core: 'any' }),
      ),
    );
    const sum = (key: 'requests' | 'failures' | 'perSecond') => loads.reduce((total, load) => total + load[key], 0);
    if (sum('failures') > 0) throw new Error(`${sum('failures')} requests failed`);
    return { requests: sum('requests'), perSecond: sum('perSecond') };
  });
}

const SUBJECTS = ['1 process, cold', '2 processes, cold', '1 process, warm', '2 processes, warm'] as const;

const turns = await inScene(async (scene) => {
  const redis = scene.keep(await startRedis(), ({ stop }) => stop());
  const sessions = isTrial ? SESSIONS / 10 : SESSIONS;
  await fillRedis(redis.url, { from: 0, to: sessions, until: Date.now() + WEEK_MS });
  const env = { SESSION_STORE_URL: redis.url, DATABASE_URL: `sqlite:${path.join(scene.folder, 'menjin.db')}` };
  const start = async () => scene.keep(await startMenjin(scene.folder, env, { core: 'any' }), ({ stop }) => stop());
  const [first, second] = [await start(), await start()];
  const tokens = Array.from({ length: sessions }, (_, n) => tokenOf(n));
  const found = new Map<string, Turn[]>(SUBJECTS.map((name) => [name, []]));
  for (const each of [first, second]) await ask([each], tokens);
  for (let round = 0; round < rounds; round += 1) {
    for (const name of inTurn(SUBJECTS, round)) {
      const processes = name.startsWith('2') ? [first, second] : [first];
      const turn = await ask(processes, name.endsWith('warm') ? tokens.slice(0, WARM_TOKENS) : tokens);
      found.get(name)?.push(turn);
      progress(`round ${round + 1} of ${rounds}: ${name} ${wholeText(turn.perSecond)}/s`);
    }
  }
  return found;
});

const rates = (name: string) => (turns.get(name) ?? []).map(({ perSecond }) => perSecond);
const costs = (name: string) => (turns.get(name) ?? []).map(({ microsEach }) => microsEach ?? Number.NaN);
const shares = (name: string) => (turns.get(name) ?? []).map(({ coreShare }) => coreShare ?? Number.NaN);
const ofOne = (name: string) => name.replace('2 processes', '1 process');
const timesOne = (name: string) => rates(name).map((rate, round) => rate / (rates(ofOne(name))[round] ?? Number.NaN));
/** What two would answer with a core each, by what a request costs them. */
const timesOneByCost = (name: string) =>
  costs(name).map((cost, round) => (2 * (costs(ofOne(name))[round] ?? Number.NaN)) / cost);
const isLimited = availableParallelism() < ENOUGH_CORES;
const TWO = SUBJECTS.filter((name) => name.startsWith('2'));

report(
  'scale',
  {
    figures: { loadGenerator, isLimitedByCores: isLimited, turns: Object.fromEntries(turns) },
    remarks: [
      `Load: ${loadGenerator}, ${CONNECTIONS} connections to each process; ${rounds} rounds of ${seconds} s; nothing is kept to a core.`,
      ...(isLimited
        ? [
            `Two servers, two loads and Redis want ${ENOUGH_CORES} cores and there are ${availableParallelism()}: the load is the limit, and the rate of two says little.`,
            'What a request costs tells what two would answer on two machines.',
          ]
        : []),
    ],
    tables: [
      {
        head: ['', 'requests/s', 'spread', 'times one process', 'core busy, each process', 'each, µs of a core'],
        rows: SUBJECTS.map((name) => {
          const { median: perSecond, spread } = summaryOf(rates(name));
          return [
            ...[name, wholeText(perSecond), percentText(spread), ratioText(timesOne(name))],
            ...[percentText(median(shares(name))), median(costs(name)).toFixed(0)],
          ];
        }),
      },
    ],
    goals: [
      ...TWO.map((name) => ({ what: `${name}: rate, of one`, found: timesOne(name) })),
      ...TWO.map((name) => ({ what: `${name}: by what a request costs, of one`, found: timesOneByCost(name) })),
    ].map((goal) => ({ ...goal, wanted: ['at least', 1.8] })),
    chart: {
      title: 'viewer: requests per second of one process and of two',
      bars: SUBJECTS.map((name) => {
        const { median: value, low, high } = summaryOf(rates(name));
        return { label: name, value, low, high, isOurs: true };
      }),
    },
  },
  { isTrial },
);
