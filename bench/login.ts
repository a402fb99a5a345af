// How many logins a second, where so many plain fetches to the platform are possible? A stand-in for WeChat that answers at once, or
// after 80 ms; 200 under way; every login a new user's, each durable when it is answered. Wants `npm run build`.
//   node --import ./test/support/typescript.mjs bench/login.ts [--quick] [--rounds 5] [--seconds 5]
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Libsql from 'libsql';
import { coresSentence } from './cores.js';
import { startMenjin } from './gateways.js';
import { askAtFullSpeed, type Load, loadGenerator } from './load/full-speed.js';
import { graphqlShape, type Target } from './load/target.js';
import { median, medianOf, progress } from './measure.js';
import { startPeer } from './peers.js';
import { type Usage, withUsage } from './process-usage.js';
import { report } from './results.js';
import { inTurn, lengthOf, percentText, ratioText, summaryOf, wholeText } from './rounds.js';
import { inScene } from './scene.js';

const AT_ONCE = 200;
const LATENCIES_MS = [0, 80];
/** More codes than a turn can use: each is good for one login. */
const MOST_PER_SECOND = 6000;
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token viewer { openid } } }';

const { rounds, seconds, isTrial } = lengthOf({ rounds: 5, seconds: 5 }, { rounds: 2, seconds: 3 });
/** A login goes through much code, and V8 compiles what has run some thousand times. */
const WARM_UP_TURNS = isTrial ? 2 : 6;

interface Round {
  readonly fetches: { readonly perSecond: number } & Usage;
  readonly logins: Load & Usage;
  /** Sessions that the database has since, of those that were answered. */
  readonly sessionsKept: number;
}

/** All of one length: a request tells the length of its body before it. */
function loginTarget(url: string, turn: number): Target {
  const values = Array.from(
    { length: MOST_PER_SECOND * seconds },
    (_, n) => `u${turn}x${String(n).padStart(7, '0')}.1`,
  );
  return { url, request: graphqlShape({ query: LOGIN, variables: { input: { code: '{{value}}' } } }), values };
}

function sessionsIn(file: string): number {
  const connection = new Libsql(file);
  try {
    const { n } = connection.prepare("SELECT count(*) AS n FROM sessions WHERE state = 'open'").get([]) as {
      n: number;
    };
    return n;
  } finally {
    connection.close();
  }
}

const measure = (latencyMs: number) =>
  inScene(async (scene): Promise<Round[]> => {
    const end = ({ close }: { close(): Promise<void> }) => close();
    const wechat = scene.keep(await startPeer('wechat', { latencyMs }, { core: 'load' }), end);
    const wechatUrl = wechat.url ?? '';
    const floor = scene.keep(await startPeer('fetches', { wechatUrl, atOnce: AT_ONCE, prefix: 'floor' }), end);
    const file = path.join(scene.folder, 'menjin.db');
    const env = { WECHAT_API_URL: wechatUrl, DATABASE_URL: `sqlite:${file}` };
    const menjin = scene.keep(await startMenjin(scene.folder, env), ({ stop }) => stop());
    let turn = 0;
    const logIn = async () => {
      turn += 1;
      const before = sessionsIn(file);
      const target = loginTarget(menjin.url, turn);
      const logins = await withUsage([menjin.pid], () => askAtFullSpeed(target, { connections: AT_ONCE, seconds }));
      const sessionsKept = sessionsIn(file) - before;
      if (logins.requests > target.values.length) throw new Error('there were too few codes');
      if (logins.failures > 0) throw new Error(`${logins.failures} logins failed: ${menjin.log().slice(-2000)}`);
      if (sessionsKept < logins.requests) throw new Error(`${logins.requests} logins left ${sessionsKept} sessions`);
      return { logins, sessionsKept };
    };
    const fetchOnly = async () => ({ fetches: await withUsage([floor.pid], () => floor.work(seconds)) });
    for (let warm = 0; warm < WARM_UP_TURNS; warm += 1) {
      await fetchOnly();
      await logIn();
    }
    const found: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      let both = {};
      for (const work of inTurn([fetchOnly, logIn], round)) both = { ...both, ...(await work()) };
      const one = both as Round;
      found.push(one);
      const told = `${wholeText(one.fetches.perSecond)} fetches/s, ${wholeText(one.logins.perSecond)} logins/s`;
      progress(`${latencyMs} ms: round ${round + 1} of ${rounds}: ${told}`);
    }
    return found;
  });

const figures: { latencyMs: number; rounds: Round[] }[] = [];
for (const latencyMs of LATENCIES_MS) figures.push({ latencyMs, rounds: await measure(latencyMs) });

const rates = (all: readonly Round[], what: 'fetches' | 'logins') => all.map((round) => round[what].perSecond);
const ofFloor = (all: readonly Round[]) => all.map(({ logins, fetches }) => logins.perSecond / fetches.perSecond);
const cost = (all: readonly Round[], what: 'fetches' | 'logins', key: keyof Usage) =>
  median(all.map((round) => round[what][key] ?? Number.NaN));
const slow = figures.at(-1);

/** Where files are kept in memory, nothing waits for a disk. */
const TMPFS = 0x01021994;
const isOnDisk = statfsSync(tmpdir()).type !== TMPFS;

report(
  'login',
  {
    figures,
    remarks: [
      `${coresSentence} The stand-in shares the load's core. Load: ${loadGenerator}, ${AT_ONCE} under way; ${rounds} rounds of ${seconds} s.`,
      isOnDisk ? 'The database is on a disk.' : 'The database is in memory: no commit waited for a disk.',
    ],
    tables: [
      {
        head: [
          ...['WeChat answers after', 'plain fetches/s', 'logins/s', 'spread', 'of the fetches', 'p50, ms', 'p99'],
          ...['core busy', 'a login, µs of a core', 'a fetch'],
        ],
        rows: figures.map(({ latencyMs, rounds: all }) => {
          const logins = summaryOf(rates(all, 'logins'));
          const { p50, p99 } = medianOf(all.map((round) => round.logins));
          return [
            `${latencyMs} ms`,
            ...[wholeText(median(rates(all, 'fetches'))), wholeText(logins.median), percentText(logins.spread)],
            ...[ratioText(ofFloor(all)), ...[p50, p99].map((ms) => ms.toFixed(1))],
            percentText(cost(all, 'logins', 'coreShare')),
            ...[cost(all, 'logins', 'microsEach'), cost(all, 'fetches', 'microsEach')].map(wholeText),
          ];
        }),
      },
    ],
    goals: [
      {
        what: `logins, of the fetches, WeChat at ${slow?.latencyMs} ms`,
        wanted: ['at least', 0.7],
        found: ofFloor(slow?.rounds ?? []),
      },
    ],
    chart: {
      title: 'Logins per second, 200 under way, one core',
      bars: figures.flatMap(({ latencyMs, rounds: all }) =>
        (['fetches', 'logins'] as const).map((what) => {
          const { median: value, low, high } = summaryOf(rates(all, what));
          return { label: `${what}, WeChat at ${latencyMs} ms`, value, low, high, isOurs: what === 'logins' };
        }),
      ),
    },
  },
  { isTrial },
);
