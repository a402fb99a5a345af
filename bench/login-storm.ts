// What do others notice when 5,000 people log in at once? Requests for `viewer` arrive 300 times a second, before and meanwhile.
// Wants `npm run build`.
//   node --import ./test/support/typescript.mjs bench/login-storm.ts [--quick] [--rounds 5]
import path from 'node:path';
import { coresSentence } from './cores.js';
import { fillSqlite, openidOf, tokenOf } from './filled-stores.js';
import { startMenjin } from './gateways.js';
import { askFromProcess, latencies, tally } from './load/at-pace.js';
import { graphqlShape, viewerTarget } from './load/target.js';
import { median, medianOf, progress, type Quantiles } from './measure.js';
import { startPeer } from './peers.js';
import { memoryMb } from './process-usage.js';
import { report } from './results.js';
import { lengthOf } from './rounds.js';
import { inScene } from './scene.js';

const PEOPLE = 5_000;
const OTHERS_PER_SECOND = 300;
const OTHERS = 200;
/** What a process in use has had by then: its code is loaded and compiled. */
const LOGINS_BEFORE = 1_000;
const LOGINS_BEFORE_PER_SECOND = 80;
const LATENCY_MS = 80;
const MOST_STORM_SECONDS = 60;
const WEEK_MS = 7 * 86_400_000;
const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token } }';

const { rounds, seconds, isTrial } = lengthOf({ rounds: 5, seconds: 5 });
const people = PEOPLE;

interface Round {
  readonly before: Quantiles;
  readonly meanwhile: Quantiles;
  readonly othersAnswered: Readonly<Record<string, number>>;
  readonly logins: Readonly<Record<string, number>>;
  /** Until the last of them was answered. */
  readonly stormSeconds: number;
  readonly memoryBeforeMb: number | null;
  readonly memoryAfterMb: number | null;
  /** Of the process, ever. */
  readonly memoryMostMb: number | null;
}

/** A process for each round: so what one leaves behind is seen. */
const playRound = (round: number) =>
  inScene(async (scene): Promise<Round> => {
    const file = path.join(scene.folder, 'menjin.db');
    await fillSqlite(file, { from: 0, to: OTHERS, until: Date.now() + WEEK_MS });
    const wechat = scene.keep(await startPeer('wechat', { latencyMs: LATENCY_MS }, { core: 'load' }), ({ close }) =>
      close(),
    );
    const env = { WECHAT_API_URL: wechat.url ?? '', DATABASE_URL: `sqlite:${file}` };
    const menjin = scene.keep(await startMenjin(scene.folder, env), ({ stop }) => stop());
    const numbers = Array.from({ length: OTHERS }, (_, n) => n);
    const others = viewerTarget(menjin.url, numbers.map(tokenOf));
    const askOthers = (forSeconds: number, until?: Promise<unknown>) =>
      askFromProcess(others, {
        ...{ perSecond: OTHERS_PER_SECOND, total: OTHERS_PER_SECOND * forSeconds, connections: 64 },
        expected: numbers.map(openidOf),
        ...(until === undefined ? {} : { until }),
      });
    const logInsOf = (name: string, count: number) => ({
      url: menjin.url,
      request: graphqlShape({ query: LOGIN, variables: { input: { code: '{{value}}' } } }),
      values: Array.from({ length: count }, (_, n) => `${name}${round}x${String(n).padStart(5, '0')}.1`),
    });
    const expected = ['"token":"mj_'];
    const [perSecond, total] = [LOGINS_BEFORE_PER_SECOND, LOGINS_BEFORE];
    await askFromProcess(logInsOf('before', total), { perSecond, total, connections: 64, expected });
    await askOthers(isTrial ? 1 : 3);
    const alone = await askOthers(seconds);
    const memoryBefore = memoryMb(menjin.pid)?.now ?? null;

    const storming = askFromProcess(logInsOf('storm', people), {
      ...{ perSecond: Number.POSITIVE_INFINITY, total: people, connections: people, expected },
    });
    const [logins, during] = await Promise.all([storming, askOthers(MOST_STORM_SECONDS, storming)]);
    const stormMs = Math.max(...logins.answers.map(({ ms }) => ms));
    const inStorm = during.answers.filter(({ dueMs }) => {
      const intoStormMs = during.startedAt + dueMs - logins.startedAt;
      return intoStormMs >= 0 && intoStormMs <= stormMs;
    });
    return {
      before: latencies(alone.answers),
      meanwhile: latencies(inStorm),
      othersAnswered: tally(during.answers),
      logins: tally(logins.answers),
      stormSeconds: stormMs / 1000,
      memoryBeforeMb: memoryBefore,
      memoryAfterMb: memoryMb(menjin.pid)?.now ?? null,
      memoryMostMb: memoryMb(menjin.pid)?.most ?? null,
    };
  });

const played: Round[] = [];
for (let round = 0; round < rounds; round += 1) {
  const one = await playRound(round);
  played.push(one);
  const { logins, stormSeconds, before, meanwhile } = one;
  progress(
    `round ${round + 1} of ${rounds}: ${JSON.stringify(logins)} in ${stormSeconds.toFixed(1)} s; viewer p99 ${before.p99.toFixed(1)}, then ${meanwhile.p99.toFixed(1)} ms`,
  );
}

const ms = ({ p50, p99, max }: Quantiles) => [p50, p99, max].map((each) => each.toFixed(1));
const mediansOf = (key: 'before' | 'meanwhile') => medianOf(played.map((round) => round[key]));
const ratios = played.map((round) => round.meanwhile.p99 / round.before.p99);
const outcomes = [...new Set(played.flatMap(({ logins }) => Object.keys(logins)))];
const countsBut = (counts: Readonly<Record<string, number>>, honest: readonly string[]) =>
  Object.entries(counts).reduce((sum, [what, count]) => sum + (honest.includes(what) ? 0 : count), 0);
const mb = (key: 'memoryBeforeMb' | 'memoryAfterMb' | 'memoryMostMb') => {
  const numbers = played.flatMap((round) => round[key] ?? []);
  return numbers.length === 0 ? 'unknown' : median(numbers).toFixed(0);
};

report(
  'login-storm',
  {
    figures: played,
    remarks: [
      `${coresSentence} Both loads and the stand-in, which answers after ${LATENCY_MS} ms, share the load's core; ${rounds} rounds.`,
    ],
    tables: [
      {
        head: ["others' viewer", 'p50, ms', 'p99', 'max'],
        rows: [
          ['before', ...ms(mediansOf('before'))],
          ['meanwhile', ...ms(mediansOf('meanwhile'))],
        ],
      },
      {
        head: [`${people} logins at once`, ...outcomes, 'in seconds', 'memory before, MB', 'after', 'at most'],
        rows: [
          [
            'medians',
            ...outcomes.map((outcome) => median(played.map(({ logins }) => logins[outcome] ?? 0))),
            median(played.map(({ stormSeconds }) => stormSeconds)).toFixed(1),
            ...[mb('memoryBeforeMb'), mb('memoryAfterMb'), mb('memoryMostMb')],
          ],
        ],
      },
    ],
    goals: [
      {
        what: 'logins answered otherwise than right or RATE_LIMITED',
        wanted: ['at most', 0],
        found: played.map(({ logins }) => countsBut(logins, ['right', 'RATE_LIMITED'])),
        digits: 0,
      },
      {
        what: "others' requests answered wrong",
        wanted: ['at most', 0],
        found: played.map(({ othersAnswered }) => countsBut(othersAnswered, ['right'])),
        digits: 0,
      },
      { what: "others' p99 meanwhile, of before", wanted: ['at most', 3], found: ratios, digits: 1 },
    ],
    chart: {
      title: `viewer, p99 in ms: before ${people} logins at once, and meanwhile`,
      bars: [
        { label: 'before', value: mediansOf('before').p99 },
        { label: 'meanwhile', value: mediansOf('meanwhile').p99, isOurs: true },
      ],
    },
  },
  { isTrial },
);
