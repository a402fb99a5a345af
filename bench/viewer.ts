// How many requests does menjin answer where a bare server answers so many? `{ viewer { openid appid } }`, 64 connections, one
// core for the server, 200 tokens in turn. Each turn of a subject stands between two of the bare server. Wants `npm run build`.
//   node --import ./test/support/typescript.mjs bench/viewer.ts [--quick] [--rounds 5] [--seconds 4]
import path from 'node:path';
import { coresSentence } from './cores.js';
import { fillSqlite, tokenOf } from './filled-stores.js';
import { productionEnv, startMenjin } from './gateways.js';
import { askFromProcess, latencies, tally } from './load/at-pace.js';
import { askAtFullSpeed, type Load, loadGenerator } from './load/full-speed.js';
import { askOnce, type Target, viewerTarget } from './load/target.js';
import { median, medianOf, progress, type Quantiles } from './measure.js';
import { startPeer } from './peers.js';
import { type Usage, withUsage } from './process-usage.js';
import { report } from './results.js';
import { inTurn, lengthOf, percentText, ratioText, summaryOf, wholeText } from './rounds.js';
import { inScene, type Scene } from './scene.js';

const CONNECTIONS = 64;
const TOKENS = 200;
/** V8 takes so long to compile what runs most. */
const WARM_UP_SECONDS = 10;
const TURN_WARM_UP_SECONDS = 2;
const WEEK_MS = 7 * 86_400_000;

const { rounds, seconds, isTrial } = lengthOf({ rounds: 5, seconds: 4 });
const tokens = Array.from({ length: TOKENS }, (_, n) => tokenOf(n));

interface Subject {
  readonly name: string;
  readonly pid: number;
  readonly target: Target;
  /** How many of the tokens have an answer of their own. */
  readonly differentAnswers: number;
  /** How often its resolver ran; null when it does not count. */
  count(): Promise<number | null>;
}

type Answered = Load & Usage;

/** One turn, with the bare server's before and after. */
interface Turn {
  readonly load: Answered;
  readonly againstBare: number;
}

/** They know nobody. */
const CONSTANT = ['bare', 'fastify'];
const PEERS = {
  'menjin, own resolver': 'menjin-own-resolver',
  fastify: 'fastify',
  'mercurius + jit': 'mercurius',
  'apollo + keyv': 'apollo',
  yoga: 'yoga',
  'better-auth': 'better-auth',
} as const;

async function databaseOf(scene: Scene, name: string): Promise<string> {
  const file = path.join(scene.folder, `${name}.db`);
  await fillSqlite(file, { from: 0, to: TOKENS, until: Date.now() + WEEK_MS });
  return `sqlite:${file}`;
}

async function startPeerSubject(scene: Scene, name: string, file: string): Promise<Subject> {
  const isMenjin = file.startsWith('menjin');
  const env = isMenjin ? { ...productionEnv(scene.folder), DATABASE_URL: await databaseOf(scene, file) } : {};
  const peer = scene.keep(await startPeer(file, { tokens }, { env }), ({ close }) => close());
  if (peer.url === null) throw new Error(`${name} is no server`);
  const usual = viewerTarget(peer.url, tokens);
  return {
    ...{ name, pid: peer.pid, differentAnswers: CONSTANT.includes(file) ? 1 : TOKENS },
    target: { ...usual, request: peer.request ?? usual.request, values: peer.values ?? tokens },
    count: async () => (isMenjin ? peer.count() : null),
  };
}

async function startSubjects(scene: Scene): Promise<{ bare: Subject; others: readonly Subject[] }> {
  const bare = await startPeerSubject(scene, 'node:http', 'bare');
  const env = { DATABASE_URL: await databaseOf(scene, 'menjin') };
  const { pid, url } = scene.keep(await startMenjin(scene.folder, env), ({ stop }) => stop());
  const target = viewerTarget(url, tokens);
  const others: Subject[] = [{ name: 'menjin', pid, target, differentAnswers: TOKENS, count: async () => null }];
  for (const [name, file] of Object.entries(PEERS)) others.push(await startPeerSubject(scene, name, file));
  return { bare, others };
}

/** Each token has the answer of its own that it should: no error was taken for one. */
async function checkAnswers({ name, target, differentAnswers }: Subject): Promise<void> {
  const viewers = new Set<string | undefined>();
  for (const value of target.values) {
    const { status, text } = await askOnce({ ...target, values: [value] });
    const openid = /"(?:openid|userId)":"(o[^"]+)"/.exec(text)?.[1];
    if (status !== 200 || openid === undefined) throw new Error(`${name} answered ${status}: ${text}`);
    viewers.add(openid);
  }
  if (viewers.size !== differentAnswers) throw new Error(`${name} told of ${viewers.size} viewers`);
}

async function ask(subject: Subject, forSeconds: number): Promise<Answered> {
  const before = await subject.count();
  const load = await withUsage([subject.pid], () =>
    askAtFullSpeed(subject.target, { connections: CONNECTIONS, seconds: forSeconds }),
  );
  if (load.failures > 0) throw new Error(`${subject.name} failed ${load.failures} times`);
  const after = await subject.count();
  // Those that were under way at the end were resolved too, and are not in the load generator's number.
  const resolved = before === null || after === null ? null : after - before;
  if (resolved !== null && (resolved < load.requests || resolved > load.requests + CONNECTIONS)) {
    throw new Error(`${load.requests} requests were answered, and the resolver ran ${resolved} times`);
  }
  return load;
}

/** While the others had theirs, V8 has thrown away what was not in use. */
async function turnOf(subject: Subject): Promise<Answered> {
  await ask(subject, TURN_WARM_UP_SECONDS);
  return ask(subject, seconds);
}

async function playRounds(
  bare: Subject,
  others: readonly Subject[],
): Promise<{ bares: Answered[]; turns: Map<string, Turn[]> }> {
  const turns = new Map<string, Turn[]>(others.map(({ name }) => [name, []]));
  const bares: Answered[] = [];
  for (let round = 0; round < rounds; round += 1) {
    let before = await turnOf(bare);
    bares.push(before);
    for (const subject of inTurn(others, round)) {
      const load = await turnOf(subject);
      const after = await turnOf(bare);
      bares.push(after);
      const againstBare = (2 * load.perSecond) / (before.perSecond + after.perSecond);
      turns.get(subject.name)?.push({ load, againstBare });
      progress(
        `round ${round + 1} of ${rounds}: ${subject.name} ${wholeText(load.perSecond)}/s, ${againstBare.toFixed(2)} of bare`,
      );
      before = after;
    }
  }
  return { bares, turns };
}

/** Both at the same rate: half of what menjin can do at most. */
async function playPaced(bare: Subject, menjin: Subject, perSecond: number): Promise<Record<string, Quantiles[]>> {
  const found: Record<string, Quantiles[]> = { [bare.name]: [], [menjin.name]: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, target } of inTurn([bare, menjin], round)) {
      const total = Math.round(perSecond * seconds);
      const { answers } = await askFromProcess(target, { perSecond, total, connections: CONNECTIONS });
      const { right, ...others } = tally(answers);
      if (right !== total) throw new Error(`${name} at a fixed rate: ${JSON.stringify(others)}`);
      found[name]?.push(latencies(answers));
    }
    progress(`at ${wholeText(perSecond)}/s: round ${round + 1} of ${rounds}`);
  }
  return found;
}

/** No answer is kept for the next one: of so many requests, the resolver of one's own ran for each. */
async function countExactly(subject: Subject): Promise<{ requests: number; resolved: number }> {
  const requests = 5_000;
  const before = (await subject.count()) ?? 0;
  const pace = { perSecond: Number.POSITIVE_INFINITY, total: requests, connections: CONNECTIONS };
  const { right } = tally((await askFromProcess(subject.target, pace)).answers);
  const resolved = ((await subject.count()) ?? 0) - before;
  if (right !== requests || resolved !== requests) {
    throw new Error(`of ${requests} requests ${right} were answered, and the resolver ran ${resolved} times`);
  }
  return { requests, resolved };
}

const played = await inScene(async (scene) => {
  const { bare, others } = await startSubjects(scene);
  const [menjin, ownResolver] = others;
  if (menjin === undefined || ownResolver === undefined) throw new Error('menjin is not among the subjects');
  for (const subject of [bare, ...others]) {
    progress(`${subject.name} warms up`);
    await ask(subject, isTrial ? 1 : WARM_UP_SECONDS);
    await checkAnswers(subject);
  }
  const { bares, turns } = await playRounds(bare, others);
  const most = median((turns.get(menjin.name) ?? []).map(({ load }) => load.perSecond));
  const pacedPerSecond = Math.round(most / 2);
  const paced = await playPaced(bare, menjin, pacedPerSecond);
  for (const subject of [bare, ...others]) await checkAnswers(subject);
  return { bares, turns, paced, pacedPerSecond, counted: await countExactly(ownResolver) };
});

const { bares, turns, paced, pacedPerSecond, counted } = played;
const ratios = (name: string) => (turns.get(name) ?? []).map(({ againstBare }) => againstBare);
const against = (name: string) => ratios('menjin').map((ratio, round) => ratio / (ratios(name)[round] ?? Number.NaN));
const loadsOf = (name: string) => (turns.get(name) ?? []).map(({ load }) => load);
const p99s = (name: string) => (paced[name] ?? []).map(({ p99 }) => p99);
const pacedRatios = p99s('menjin').map((ms, round) => ms / (p99s('node:http')[round] ?? Number.NaN));

const rowOf = (name: string, loads: readonly Answered[], ratio: string) => {
  const { p50, p99 } = medianOf(loads);
  const { median: perSecond, spread } = summaryOf(loads.map((load) => load.perSecond));
  const cost = (key: keyof Usage) => median(loads.map((load) => load[key] ?? Number.NaN));
  return [
    ...[name, wholeText(perSecond), percentText(spread), ratio, percentText(cost('coreShare'))],
    ...[cost('microsEach').toFixed(0), p50.toFixed(2), p99.toFixed(2)],
  ];
};
const bar = (name: string, loads: readonly Answered[]) => {
  const { median: value, low, high } = summaryOf(loads.map(({ perSecond }) => perSecond));
  return { label: name, value, low, high, isOurs: name.startsWith('menjin') };
};
const pacedRow = (name: string) => {
  const { p50, p99, max } = medianOf(paced[name] ?? []);
  return [name, wholeText(pacedPerSecond), ...[p50, p99, max].map((ms) => ms.toFixed(2))];
};
const others = [...turns.keys()];

report(
  'viewer',
  {
    figures: {
      ...{ connections: CONNECTIONS, tokens: TOKENS, loadGenerator, bares, turns: Object.fromEntries(turns) },
      ...{ pacedPerSecond, paced, counted },
    },
    remarks: [coresSentence, `Load: ${loadGenerator}, ${CONNECTIONS} connections; ${rounds} rounds of ${seconds} s.`],
    tables: [
      {
        head: ['', 'requests/s', 'spread', 'of bare', 'core busy', 'each, µs of a core', 'p50, ms', 'p99'],
        rows: [
          rowOf('node:http', bares, '1'),
          ...others.map((name) => rowOf(name, loadsOf(name), ratioText(ratios(name)))),
        ],
      },
      {
        head: ['menjin against', 'times as many requests'],
        rows: ['mercurius + jit', 'apollo + keyv', 'yoga', 'better-auth'].map((name) => [
          name,
          ratioText(against(name)),
        ]),
      },
      {
        head: ['at a fixed rate', 'requests/s', 'p50, ms', 'p99', 'max'],
        rows: [pacedRow('node:http'), pacedRow('menjin')],
      },
      {
        head: ["a resolver of one's own", 'requests', 'it ran'],
        rows: [['menjin, own resolver', counted.requests, counted.resolved]],
      },
    ],
    goals: [
      { what: 'requests, of bare', wanted: ['at least', 0.8], found: ratios('menjin') },
      { what: 'requests, of mercurius + jit', wanted: ['at least', 1], found: against('mercurius + jit') },
      { what: 'requests, of apollo + keyv', wanted: ['at least', 4], found: against('apollo + keyv') },
      { what: 'p99 at a fixed rate, of bare', wanted: ['at most', 3], found: pacedRatios },
      {
        what: 'times a resolver ran for a request',
        wanted: ['at least', 1],
        found: [counted.resolved / counted.requests],
      },
    ],
    chart: {
      title: '{ viewer { openid appid } }: requests per second, one core',
      bars: [bar('node:http', bares), ...others.map((name) => bar(name, loadsOf(name)))],
    },
  },
  { isTrial },
);
