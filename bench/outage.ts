// What is answered while Redis does not answer for ten seconds, and how soon is all well after? Requests for `viewer` arrive 500 times
// a second. Not one may be told that its session is over, or who somebody else is. Wants `npm run build`.
//   node --import ./test/support/typescript.mjs bench/outage.ts [--quick] [--rounds 5] [--seconds 10]
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startRedis } from '../test/servers/redis.js';
import { coresSentence } from './cores.js';
import { fillRedis, openidOf, tokenOf } from './filled-stores.js';
import { startMenjin } from './gateways.js';
import { askFromProcess, latencies, tally } from './load/at-pace.js';
import type { Answered } from './load/paced.js';
import { viewerTarget } from './load/target.js';
import { median, progress, type Quantiles, quantiles } from './measure.js';
import { report } from './results.js';
import { lengthOf } from './rounds.js';
import { inScene } from './scene.js';

const PER_SECOND = 500;
const SESSIONS = 2_000;
const BEFORE_MS = 3_000;
const AFTER_MS = 8_000;
const WEEK_MS = 7 * 86_400_000;
/** What may be answered: the right viewer, or that nothing is known. */
const HONEST = ['right', 'SERVICE_UNAVAILABLE'];

const { rounds, seconds, isTrial } = lengthOf({ rounds: 5, seconds: 10 });

interface Round {
  readonly answered: Readonly<Record<'before' | 'meanwhile' | 'after', Record<string, number>>>;
  /** From the end of the outage. */
  readonly firstRightMs: number;
  /** From the end of the outage to the last answer that was not right. */
  readonly lastUnknownMs: number;
  /** Until a request of the outage was answered. */
  readonly meanwhileMs: Quantiles;
  readonly wrong: number;
}

const playRound = () =>
  inScene(async (scene): Promise<Round> => {
    const redis = scene.keep(await startRedis(), ({ stop }) => stop());
    await fillRedis(redis.url, { from: 0, to: SESSIONS, until: Date.now() + WEEK_MS });
    const env = { SESSION_STORE_URL: redis.url, DATABASE_URL: `sqlite:${path.join(scene.folder, 'menjin.db')}` };
    const menjin = scene.keep(await startMenjin(scene.folder, env), ({ stop }) => stop());
    const numbers = Array.from({ length: SESSIONS }, (_, n) => n);
    const totalMs = BEFORE_MS + seconds * 1000 + AFTER_MS;
    const loading = askFromProcess(viewerTarget(menjin.url, numbers.map(tokenOf)), {
      ...{ perSecond: PER_SECOND, total: (PER_SECOND * totalMs) / 1000, connections: 2 * PER_SECOND },
      expected: numbers.map(openidOf),
    });
    // The load begins a moment later: its process starts.
    await Promise.race([wait(BEFORE_MS), loading]);
    redis.freeze();
    const frozenAt = Date.now();
    await wait(seconds * 1000);
    redis.thaw();
    const thawedAt = Date.now();
    const { startedAt, answers } = await loading;
    const dueAt = ({ dueMs }: Answered) => startedAt + dueMs;
    const answeredAt = ({ dueMs, ms }: Answered) => startedAt + dueMs + ms;
    const meanwhile = answers.filter((each) => dueAt(each) >= frozenAt && dueAt(each) < thawedAt);
    const after = answers.filter((each) => dueAt(each) >= thawedAt);
    const rights = answers.filter((each) => each.what === 'right' && answeredAt(each) >= thawedAt);
    const unknowns = answers.filter((each) => each.what !== 'right' && answeredAt(each) >= thawedAt);
    return {
      answered: {
        before: tally(answers.filter((each) => dueAt(each) < frozenAt)),
        meanwhile: tally(meanwhile),
        after: tally(after),
      },
      firstRightMs: Math.min(...rights.map(answeredAt)) - thawedAt,
      lastUnknownMs: Math.max(thawedAt, ...unknowns.map(answeredAt)) - thawedAt,
      meanwhileMs: latencies(meanwhile),
      wrong: answers.filter(({ what }) => !HONEST.includes(what)).length,
    };
  });

const played: Round[] = [];
for (let round = 0; round < rounds; round += 1) {
  const one = await playRound();
  played.push(one);
  const { wrong, firstRightMs, answered } = one;
  progress(
    `round ${round + 1} of ${rounds}: ${wrong} wrong, right after ${firstRightMs.toFixed(0)} ms; meanwhile ${JSON.stringify(answered.meanwhile)}`,
  );
}

const whats = [...new Set(played.flatMap(({ answered }) => Object.values(answered).flatMap(Object.keys)))].sort();
const ms = (numbers: readonly number[]) => {
  const { p50, max } = quantiles(numbers);
  return [p50.toFixed(0), max.toFixed(0)];
};

report(
  'outage',
  {
    figures: played,
    remarks: [
      `${coresSentence} Redis stands still for ${seconds} s; ${rounds} rounds, a gateway and a Redis of its own each.`,
    ],
    tables: [
      {
        head: ['all rounds together', ...whats],
        rows: (['before', 'meanwhile', 'after'] as const).map((phase) => [
          phase,
          ...whats.map((what) => played.reduce((total, { answered }) => total + (answered[phase][what] ?? 0), 0)),
        ]),
      },
      {
        head: [
          '',
          'wrong answers',
          'first right answer after: median, ms',
          'at most',
          'all right after: median',
          'at most',
          'answered meanwhile: p99, ms',
        ],
        rows: [
          [
            'Redis stands still',
            played.reduce((total, { wrong }) => total + wrong, 0),
            ...ms(played.map(({ firstRightMs }) => firstRightMs)),
            ...ms(played.map(({ lastUnknownMs }) => lastUnknownMs)),
            median(played.map(({ meanwhileMs }) => meanwhileMs.p99)).toFixed(0),
          ],
        ],
      },
    ],
    goals: [{ what: 'wrong answers', wanted: ['at most', 0], found: played.map(({ wrong }) => wrong), digits: 0 }],
    chart: {
      title: 'ms after Redis answers again: each round, to the first right answer',
      bars: played.map(({ firstRightMs }, round) => ({
        label: `round ${round + 1}`,
        value: firstRightMs,
        isOurs: true,
      })),
    },
  },
  { isTrial },
);
