// What does a session cost, and does finding one get slower with their number? In SQLite and in Redis, with 1e3, 1e5 and
// 1e6 live ones, each asked for at random and without the cache. The floor is the bare driver, asked for the same keys in
// the same rounds; all sizes take turns, so that whatever else the machine does falls on all of them.
//   node --import ./test/support/typescript.mjs bench/sessions.ts [--quick] [--most 1000000] [--store sqlite,redis]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createClient } from '@redis/client';
import Libsql from 'libsql';
import { createAuthenticate } from '../src/auth/authenticate.js';
import type { SessionStore } from '../src/sessions/session-store.js';
import { openStores } from '../src/stores.js';
import { startRedis } from '../test/servers/redis.js';
import { type BytesEach, fillRedis, fillSqlite, keyOf, type Sessions, tokenOf } from './filled-stores.js';
import { medianOf, progress, type Round, timeEach } from './measure.js';
import { report } from './results.js';
import { inTurn } from './rounds.js';
import type { Table } from './table.js';

const SIZES = [1_000, 100_000, 1_000_000];
const QUICK_SIZES = [1_000, 10_000];
const WHOLE_ROUNDS = 60;
const READS = 1_000;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    most: { type: 'string', default: '1000000' },
    store: { type: 'string', default: 'sqlite,redis' },
  },
});

const rounds = flags.quick ? 2 : WHOLE_ROUNDS;

/** A store full of sessions, and two ways to ask it. */
interface Subject {
  readonly isInProcess: boolean;
  readonly bytes: BytesEach;
  readonly sessionStore: SessionStore;
  /** The bare driver's read. */
  readBare(key: string): Promise<unknown>;
  close(): Promise<void>;
}

const subjects: Readonly<Record<string, (sessions: Sessions) => Promise<Subject>>> = {
  async sqlite(sessions) {
    const folder = mkdtempSync(path.join(tmpdir(), 'menjin-bench-'));
    const file = { kind: 'sqlite', path: path.join(folder, 'menjin.db') } as const;
    const bytes = await fillSqlite(file.path, sessions);
    const stores = await openStores({ databaseUrl: file, sessionStoreUrl: file }, null);
    const bare = new Libsql(file.path);
    const select = bare.prepare('SELECT value FROM keyv WHERE key = ?');
    return {
      isInProcess: true,
      bytes,
      sessionStore: stores.sessionStore,
      readBare: async (key) => select.get([key]),
      close: async () => {
        bare.close();
        await stores.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },

  async redis(sessions) {
    const server = await startRedis();
    const bytes = await fillRedis(server.url, sessions);
    const stores = await openStores(
      { databaseUrl: { kind: 'memory' }, sessionStoreUrl: { kind: 'redis', url: server.url } },
      null,
    );
    while (stores.redis?.isReachable() !== true) await new Promise((resolve) => setTimeout(resolve, 20));
    const bare = createClient({ url: server.url });
    await bare.connect();
    return {
      isInProcess: false,
      bytes,
      sessionStore: stores.sessionStore,
      readBare: (key) => bare.get(`menjin:${key}`),
      close: async () => {
        bare.destroy();
        await stores.close();
        await server.stop();
      },
    };
  },
};

function resolverOf({ sessionStore }: Subject): (token: string) => Promise<void> {
  const refuse = () => {
    throw new Error('the store has not what was put there');
  };
  const authenticate = createAuthenticate({
    ...{ sessionStore, now: Date.now, onCorrupt: refuse, onMassMisses: refuse },
    touch: async (_tokenHash, value) => value,
  });
  return async (token) => {
    if ((await authenticate(token)).state !== 'signedIn') refuse();
  };
}

async function measure(name: string, sizes: readonly number[]) {
  const make = subjects[name];
  if (make === undefined) throw new Error(`there is no store ${name}`);
  const filled: { size: number; subject: Subject; resolves: Round[]; bares: Round[] }[] = [];
  try {
    for (const size of sizes) {
      progress(`${name}: ${size} sessions are put there`);
      const subject = await make({ from: 0, to: size, until: Date.now() + 7 * 86_400_000 });
      filled.push({ size, subject, resolves: [], bares: [] });
    }
    // The first round is not counted: it warms up.
    for (let round = 0; round <= rounds; round += 1) {
      if (round % 10 === 0) progress(`${name}: round ${round} of ${rounds}`);
      for (const { size, subject, resolves, bares } of filled) {
        const asked = Array.from({ length: READS }, () => Math.floor(Math.random() * size));
        const turns = [
          { inputs: asked.map(tokenOf), work: resolverOf(subject), played: resolves },
          { inputs: asked.map(keyOf), work: subject.readBare, played: bares },
        ];
        for (const { inputs, work, played } of inTurn<(typeof turns)[number]>(turns, round)) {
          const one = await timeEach(inputs, work, subject.isInProcess);
          if (round > 0) played.push(one);
        }
      }
    }
  } finally {
    for (const { subject } of filled) await subject.close();
  }
  const leftOut = (played: readonly Round[]) =>
    played.reduce((total, { interrupted }) => total + interrupted, 0) / (played.length * READS);
  return filled.map(({ size, subject, resolves, bares }) => ({
    ...{ store: name, sessions: size, bytesEach: subject.bytes },
    ...{ resolveMs: medianOf(resolves), bareMs: medianOf(bares), leftOut: leftOut([...resolves, ...bares]) },
  }));
}

type Figure = Awaited<ReturnType<typeof measure>>[number];

function tableOf(figures: readonly Figure[]): Table {
  const us = (ms: number) => Math.round(ms * 1000);
  return {
    head: [
      ...['store', 'sessions', 'bytes: value', 'bytes: record', 'resolve p50, µs', 'p99', 'driver p50, µs', 'p99'],
      ...['p50 against 1e3', 'p99 against 1e3', 'left out'],
    ],
    rows: figures.map((figure) => {
      const { store, sessions, bytesEach, resolveMs, bareMs, leftOut } = figure;
      const first = figures.find((each) => each.store === store)?.resolveMs ?? resolveMs;
      const flatness = [resolveMs.p50 / first.p50, resolveMs.p99 / first.p99].map((each) => each.toFixed(2));
      const times = [resolveMs, bareMs].flatMap(({ p50, p99 }) => [us(p50), us(p99)]);
      return [
        store,
        sessions,
        bytesEach.value,
        bytesEach.record ?? 'in SQL',
        ...times,
        ...flatness,
        `${(leftOut * 100).toFixed(1)} %`,
      ];
    }),
  };
}

const sizes = flags.quick ? QUICK_SIZES : SIZES.filter((size) => size <= Number(flags.most));
const names = flags.store.split(',');
const figures: Figure[] = [];
for (const name of names) figures.push(...(await measure(name, sizes)));
const isTrial = flags.quick || sizes.at(-1) !== SIZES.at(-1) || names.length < Object.keys(subjects).length;
const chart = {
  title: 'Resolving one session, p50 in µs, beside the bare driver',
  bars: figures.flatMap(({ store, sessions, resolveMs, bareMs }) => [
    { label: `${store}, ${sessions} sessions`, value: resolveMs.p50 * 1000, isOurs: true },
    { label: 'bare driver', value: bareMs.p50 * 1000 },
  ]),
};
const goals = names.map((name) => {
  const ofStore = figures.filter(({ store }) => store === name);
  const [fewest, most] = [ofStore[0], ofStore.at(-1)];
  const ratio = (most?.resolveMs.p50 ?? Number.NaN) / (fewest?.resolveMs.p50 ?? Number.NaN);
  const what = `${name}: resolving among ${most?.sessions}, of among ${fewest?.sessions}, p50`;
  return { what, wanted: ['at most', 1.5] as const, found: [ratio] };
});
report('sessions', { figures, tables: [tableOf(figures)], goals, chart }, { isTrial });
