// Do requests wait while a million sessions that are over are removed from SQLite? Requests arrive at a fixed rate in the
// process that sweeps, and a time counts from when the request was due. The floor is the same without a sweep, in turns with it.
//   node --import ./test/support/typescript.mjs bench/sweep.ts [--quick] [--most 1000000]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSweep, type Sweep } from '../src/auth/sweep.js';
import { startSweeper } from '../src/auth/sweeper.js';
import { hashToken } from '../src/sessions/token.js';
import { openStores, type Stores } from '../src/stores.js';
import { fillSqlite, tokenOf } from './filled-stores.js';
import { medianOf, progress, type Quantiles, quantiles } from './measure.js';
import { report } from './results.js';
import type { Table } from './table.js';

const WHOLE = 1_000_000;
const RATE_PER_SECOND = 500;
/** As a gateway with SQLite does. */
const SWEEP_EVERY_MS = 2000;
const CLEANING_MS = 5;
/** Of the rounds without a pause, should they not be through by then. */
const REST_MS = 60_000;
const DAY_MS = 86_400_000;

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, most: { type: 'string', default: `${WHOLE}` } },
});
const size = flags.quick ? WHOLE / 1000 : Math.min(WHOLE, Number(flags.most));
/** Those that are asked for. */
const live = size / 10;
const turns = flags.quick ? 2 : 5;
/** With a round of the sweep in it. */
const turnMs = flags.quick ? SWEEP_EVERY_MS + 500 : 10_000;

interface Phase {
  readonly seconds: number;
  /** Sessions. */
  readonly removed: number;
  readonly readMs: Quantiles;
}

/** Reads live sessions while `work` lasts. */
async function readDuring({ sessionStore, database }: Stores, work: () => Promise<unknown>): Promise<Phase> {
  const countRows = async () => {
    const count = await database.query((sql) =>
      sql.selectFrom('sessions').select(sql.fn.countAll<number>().as('n')).executeTakeFirstOrThrow(),
    );
    return count.n;
  };
  const before = await countRows();
  const times: number[] = [];
  let isDone = false;
  const startedAt = performance.now();
  const working = work().finally(() => {
    isDone = true;
  });
  for (let n = 0; !isDone; n += 1) {
    const dueAt = startedAt + (n * 1000) / RATE_PER_SECOND;
    while (performance.now() < dueAt) await wait(dueAt - performance.now());
    const found = await sessionStore.get(hashToken(tokenOf(Math.floor(Math.random() * live))));
    if (found === null) throw new Error('a live session is gone');
    times.push(performance.now() - dueAt);
  }
  await working;
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, removed: before - (await countRows()), readMs: quantiles(times) };
}

const onFailure = (error: unknown) => {
  throw error;
};

function sweepOf({ database, sessionStore }: Stores): Sweep {
  const clocks = { now: Date.now, elapsedMs: () => performance.now() };
  return createSweep({
    database,
    sessionStore,
    onFailure,
    cleaningMs: CLEANING_MS,
    auditRetentionMs: 180 * DAY_MS,
    ...clocks,
  });
}

async function sweepAsGatewaysDo(stores: Stores): Promise<void> {
  const sweeper = startSweeper(sweepOf(stores), { everyMs: SWEEP_EVERY_MS, onFailure });
  await wait(turnMs);
  await sweeper.close();
}

/** Far more than a gateway does: one round after the other. */
async function sweepAll(stores: Stores): Promise<void> {
  const sweep = sweepOf(stores);
  const isLeft = () =>
    stores.database.query((sql, now) =>
      sql.selectFrom('sessions').select('sid').where('state', '=', 'open').where('until', '<', now).limit(1).execute(),
    );
  const until = performance.now() + REST_MS;
  for (let round = 0; performance.now() < until && (await isLeft()).length > 0; round += 1) {
    if (round % 200 === 0) progress(`the rest: round ${round}`);
    await sweep.round();
  }
}

function together(phases: readonly Phase[]): Phase {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  return {
    seconds: sum(phases.map(({ seconds }) => seconds)),
    removed: sum(phases.map(({ removed }) => removed)),
    readMs: medianOf(phases.map(({ readMs }) => readMs)),
  };
}

async function measureIn(stores: Stores): Promise<Readonly<Record<string, Phase>>> {
  await readDuring(stores, () => wait(flags.quick ? 500 : 3_000));
  const idle: Phase[] = [];
  const sweeping: Phase[] = [];
  for (let number = 1; number <= turns; number += 1) {
    progress(`turn ${number} of ${turns}`);
    idle.push(await readDuring(stores, () => wait(turnMs)));
    sweeping.push(await readDuring(stores, () => sweepAsGatewaysDo(stores)));
  }
  return {
    'no sweep': together(idle),
    'as a gateway sweeps': together(sweeping),
    'the rest, without a pause': await readDuring(stores, () => sweepAll(stores)),
    'no sweep, afterwards': await readDuring(stores, () => wait(turnMs)),
  };
}

async function measure(): Promise<Readonly<Record<string, Phase>>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'menjin-bench-'));
  const file = { kind: 'sqlite', path: path.join(folder, 'menjin.db') } as const;
  try {
    progress(`${live} live sessions are put there`);
    await fillSqlite(file.path, { from: 0, to: live, until: Date.now() + 7 * DAY_MS });
    progress(`${size} that are over are put there`);
    await fillSqlite(file.path, { from: live, to: live + size, until: Date.now() - 2 * DAY_MS });
    const stores = await openStores({ databaseUrl: file, sessionStoreUrl: file }, null);
    try {
      return await measureIn(stores);
    } finally {
      await stores.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tableOf(phases: Readonly<Record<string, Phase>>): Table {
  return {
    head: ['', 'sessions removed', 'in seconds', 'read p50, ms', 'p99', 'max'],
    rows: Object.entries(phases).map(([name, { removed, seconds, readMs }]) => {
      const times = [readMs.p50, readMs.p99, readMs.max].map((ms) => ms.toFixed(1));
      return [name, removed, Math.round(seconds), ...times];
    }),
  };
}

const phases = await measure();
const chart = {
  title: 'A read while sessions are removed, p99 in ms',
  bars: Object.entries(phases).map(([label, { readMs }]) => ({
    label,
    value: readMs.p99,
    isOurs: !label.startsWith('no'),
  })),
};
report('sweep', { figures: phases, tables: [tableOf(phases)], chart }, { isTrial: size < WHOLE });
