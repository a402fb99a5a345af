// What does a request cost whose session is not in the process? Sessions in Redis, every token distinct. Against the same number of
// plain GETs by one client, and against a bare server that makes one GET per request. Wants `npm run build`.
//   node --import ./test/support/typescript.mjs bench/viewer-redis.ts [--quick] [--rounds 5] [--seconds 4]
import path from 'node:path';
import { askRedis, startRedis } from '../test/servers/redis.js';
import { coresSentence, keepToCore } from './cores.js';
import { fillRedis, keyOf, tokenOf } from './filled-stores.js';
import { productionEnv, startMenjin } from './gateways.js';
import { askAtFullSpeed, loadGenerator } from './load/full-speed.js';
import { askOnce, viewerTarget } from './load/target.js';
import { median, progress } from './measure.js';
import { startPeer } from './peers.js';
import { type Usage, withUsage } from './process-usage.js';
import { report } from './results.js';
import { inTurn, lengthOf, percentText, ratioText, summaryOf, wholeText } from './rounds.js';
import { inScene, type Scene } from './scene.js';

const CONNECTIONS = 64;
/** More than are asked for in a second: when one comes again, nobody remembers it. */
const SESSIONS = 200_000;
const WARM_TOKENS = 200;
const [GETS, RESOLVES, BARE] = ['plain GETs', 'menjin resolves, no HTTP', 'node:http + GET'] as const;
const [COLD, WARM] = ['menjin, cold', 'menjin, warm'] as const;
const WEEK_MS = 7 * 86_400_000;
/** What our own questions and connections cost. */
const NOT_REQUESTS = ['info', 'hello', 'client', 'ping', 'config', 'subscribe', 'ssubscribe', 'role'];

const { rounds, seconds, isTrial } = lengthOf({ rounds: 5, seconds: 4 });
const tokens = Array.from({ length: isTrial ? SESSIONS / 4 : SESSIONS }, (_, n) => tokenOf(n));

interface Done {
  readonly requests: number;
  readonly perSecond: number;
}

interface Turn extends Done, Usage {
  /** Commands that Redis was sent meanwhile, by name. */
  readonly commands: Readonly<Record<string, number>>;
}

interface Subject {
  readonly name: string;
  readonly pid: number;
  ask(seconds: number): Promise<Done>;
}

async function startSubjects(scene: Scene, redisUrl: string): Promise<readonly Subject[]> {
  const env = { SESSION_STORE_URL: redisUrl, DATABASE_URL: `sqlite:${path.join(scene.folder, 'menjin.db')}` };
  const own = { ...productionEnv(scene.folder), ...env };
  const keys = tokens.map((_, n) => `menjin:${keyOf(n)}`);
  const end = ({ close }: { close(): Promise<void> }) => close();
  const gets = scene.keep(await startPeer('redis-gets', { redisUrl, keys }), end);
  const resolve = scene.keep(await startPeer('menjin-resolve', { tokens }, { env: own }), end);
  const bare = scene.keep(await startPeer('bare-redis', { redisUrl }), end);
  const menjin = scene.keep(await startMenjin(scene.folder, env), ({ stop }) => stop());
  const http = (url: string, some: readonly string[]) => async (forSeconds: number) => {
    const target = viewerTarget(url, some);
    const { status, text } = await askOnce(target);
    if (status !== 200 || !text.includes('"openid":"o')) throw new Error(`answered ${status}: ${text}`);
    const load = await askAtFullSpeed(target, { connections: CONNECTIONS, seconds: forSeconds });
    if (load.failures > 0) throw new Error(`${load.failures} requests failed`);
    return load;
  };
  return [
    { name: GETS, pid: gets.pid, ask: gets.work },
    { name: RESOLVES, pid: resolve.pid, ask: resolve.work },
    { name: BARE, pid: bare.pid, ask: http(bare.url ?? '', tokens) },
    { name: COLD, pid: menjin.pid, ask: http(menjin.url, tokens) },
    { name: WARM, pid: menjin.pid, ask: http(menjin.url, tokens.slice(0, WARM_TOKENS)) },
  ];
}

async function commandsSoFar(redisUrl: string): Promise<Map<string, number>> {
  const stats = String(await askRedis(redisUrl, 'INFO', 'commandstats'));
  return new Map(
    [...stats.matchAll(/cmdstat_([^:|]+)[^:]*:calls=(\d+)/g)].map(([, name = '', calls]) => [name, Number(calls)]),
  );
}

async function playTurn({ pid, ask }: Subject, redisUrl: string): Promise<Turn> {
  const before = await commandsSoFar(redisUrl);
  const { requests, perSecond, coreShare, microsEach } = await withUsage([pid], () => ask(seconds));
  const after = await commandsSoFar(redisUrl);
  const made = [...after].map(([name, calls]) => [name, calls - (before.get(name) ?? 0)] as const);
  const commands = Object.fromEntries(made.filter(([name, calls]) => calls > 0 && !NOT_REQUESTS.includes(name)));
  return { requests, perSecond, coreShare, microsEach, commands };
}

const turns = await inScene(async (scene) => {
  const redis = scene.keep(await startRedis(), ({ stop }) => stop());
  keepToCore('load', redis.pid);
  progress(`${tokens.length} sessions are put there`);
  await fillRedis(redis.url, { from: 0, to: tokens.length, until: Date.now() + WEEK_MS });
  const subjects = await startSubjects(scene, redis.url);
  const found = new Map<string, Turn[]>(subjects.map(({ name }) => [name, []]));
  for (const subject of subjects) {
    progress(`${subject.name}: warms up`);
    await subject.ask(isTrial ? 1 : 3);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of inTurn(subjects, round)) {
      const turn = await playTurn(subject, redis.url);
      found.get(subject.name)?.push(turn);
      progress(`round ${round + 1} of ${rounds}: ${subject.name} ${wholeText(turn.perSecond)}/s`);
    }
  }
  return found;
});

const rates = (name: string) => (turns.get(name) ?? []).map(({ perSecond }) => perSecond);
const against = (name: string, floor: string) =>
  rates(name).map((rate, round) => rate / (rates(floor)[round] ?? Number.NaN));
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
const commandsEach = (name: string) =>
  (turns.get(name) ?? []).map(({ commands, requests }) => sum(Object.values(commands)) / requests);
/** Those of the last requests, which the load generator did not wait for, and of the one before it begins. */
const UNDER_WAY = CONNECTIONS + 1;
const oncePerSecond = WARM_TOKENS * (seconds + 1);
const commandsBeyond = (name: string, beyond: number) =>
  (turns.get(name) ?? []).map(
    ({ commands, requests }) => Math.max(0, sum(Object.values(commands)) - beyond) / requests,
  );
const cost = (name: string, key: keyof Usage) => median((turns.get(name) ?? []).map((turn) => turn[key] ?? Number.NaN));

report(
  'viewer-redis',
  {
    figures: { connections: CONNECTIONS, sessions: tokens.length, loadGenerator, turns: Object.fromEntries(turns) },
    remarks: [
      `${coresSentence} Redis is on the load's core.`,
      `Load: ${loadGenerator}, ${CONNECTIONS} connections, or 64 at once in the process; ${rounds} rounds of ${seconds} s.`,
    ],
    tables: [
      {
        head: [
          ...['', 'a second', 'spread', 'of plain GETs', 'of node:http + GET', 'commands of Redis each'],
          ...['core busy', 'each, µs of a core'],
        ],
        rows: [...turns.keys()].map((name) => {
          const { median: perSecond, spread } = summaryOf(rates(name));
          const isHttp = [BARE, COLD, WARM].some((each) => each === name);
          return [
            ...[name, wholeText(perSecond), percentText(spread), ratioText(against(name, GETS))],
            ...[isHttp ? ratioText(against(name, BARE)) : '', median(commandsEach(name)).toFixed(3)],
            ...[percentText(cost(name, 'coreShare')), cost(name, 'microsEach').toFixed(1)],
          ];
        }),
      },
    ],
    goals: [
      { what: 'requests, cold, of plain GETs', wanted: ['at least', 0.6], found: against(COLD, GETS) },
      { what: 'resolving without HTTP, of plain GETs', wanted: ['at least', 0.6], found: against(RESOLVES, GETS) },
      { what: 'requests, cold, of node:http + GET', wanted: ['at least', 0.6], found: against(COLD, BARE) },
      { what: 'commands of Redis for a cold request', wanted: ['at most', 1], found: commandsBeyond(COLD, UNDER_WAY) },
      {
        what: 'for a warm one, but one a second and session',
        wanted: ['at most', 0],
        found: commandsBeyond(WARM, oncePerSecond),
      },
    ],
    chart: {
      title: 'Sessions in Redis: looked up per second, one core',
      bars: [...turns.keys()].map((name) => {
        const { median: value, low, high } = summaryOf(rates(name));
        return { label: name, value, low, high, isOurs: name.startsWith('menjin') };
      }),
    },
  },
  { isTrial },
);
