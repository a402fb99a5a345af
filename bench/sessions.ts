// What does a session cost, and does finding one get slower with their number? In SQLite and in Redis, with 1e3, 1e5 and
// 1e6 live ones; then 1e6 that are over are swept while sessions are read. The floor is the bare driver in the same run.
//   node --import ./test/support/typescript.mjs bench/sessions.ts [--most 1000000] [--store sqlite|redis]
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { connectRedis } from '../src/redis.js';
import { createSessionStore, type SessionStore } from '../src/sessions/session-store.js';
import type { SessionValue } from '../src/sessions/session-value.js';
import { createRedisAdapter } from '../src/sessions/stores/redis.js';
import { createSqliteAdapter } from '../src/sessions/stores/sqlite.js';
import { hashToken, randomToken } from '../src/sessions/token.js';
import { openSqliteFile } from '../src/sql/sqlite-file.js';
import { askRedis, startRedis } from '../test/servers/redis.js';

const { values: flags } = parseArgs({
  options: { most: { type: 'string', default: '1000000' }, store: { type: 'string', default: 'sqlite,redis' } },
});
const SIZES = [1_000, 100_000, 1_000_000].filter((size) => size <= Number(flags.most));
const READS = 10_000;
const SWEEP_BATCH = 100;
const DAY_MS = 86_400_000;

interface Subject {
  readonly store: SessionStore;
  /** Puts sessions there faster than logins would. */
  fill(values: readonly (readonly [hash: string, value: SessionValue])[], ttlMs: number): Promise<void>;
  /** The bare driver's read. */
  readBare(hash: string): Promise<unknown>;
  bytes(): Promise<number>;
  close(): Promise<void>;
}

const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  async sqlite() {
    const folder = mkdtempSync(path.join(tmpdir(), 'menjin-bench-'));
    const name = path.join(folder, 'menjin.db');
    const file = await openSqliteFile(name, 60_000);
    const store = createSessionStore(await createSqliteAdapter(file));
    const insert = file.writer.prepare('INSERT OR REPLACE INTO keyv (key, value, expires_at) VALUES (?, ?, ?)');
    const select = file.reader.prepare('SELECT value FROM keyv WHERE key = ?');
    return {
      store,
      fill: (values, ttlMs) =>
        file.transaction(() => {
          const expires = Date.now() + ttlMs;
          for (const [hash, value] of values) insert.run([`session:${hash}`, storedText(value, expires), expires]);
        }, 60_000),
      readBare: async (hash) => select.get([`session:${hash}`]),
      bytes: async () => {
        file.writer.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        return statSync(name).size;
      },
      close: async () => {
        await store.close();
        await file.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },

  async redis() {
    const server = await startRedis();
    const redis = connectRedis(server.url);
    while (!redis.isReachable()) await new Promise((resolve) => setTimeout(resolve, 20));
    const store = createSessionStore(createRedisAdapter(redis));
    const { client } = redis;
    return {
      store,
      fill: async (values, ttlMs) => {
        const expires = Date.now() + ttlMs;
        const batch = client.multi();
        for (const [hash, value] of values) {
          batch.set(`menjin:session:${hash}`, storedText(value, expires), { PX: Math.max(1, ttlMs) });
        }
        await batch.execAsPipeline();
      },
      readBare: (hash) => client.get(`menjin:session:${hash}`),
      bytes: async () => Number(/used_memory:(\d+)/.exec(String(await askRedis(server.url, 'INFO', 'memory')))?.[1]),
      close: async () => {
        await store.close();
        await redis.close();
        await server.stop();
      },
    };
  },
};

/** As Keyv writes it. */
function storedText(value: SessionValue, expires: number): string {
  return JSON.stringify({ value, expires });
}

function someValue(index: number, now: number): SessionValue {
  const id = () => randomToken().slice(3, 25);
  return {
    v: 1,
    sid: id(),
    userId: id(),
    userCreatedAt: now,
    identityId: id(),
    tenant: 'default',
    platform: 'WECHAT',
    appid: 'wx0123456789abcdef',
    openid: `o${id()}${index}`.slice(0, 28),
    unionid: null,
    ip: '203.0.113.77',
    device: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.54',
    createdAt: now,
    touchedAt: now,
    until: now + 7 * DAY_MS,
    absUntil: now + 30 * DAY_MS,
  } as SessionValue;
}

function quantiles(times: number[]): { p50: number; p99: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

async function timeReads(read: (hash: string) => Promise<unknown>, hashes: readonly string[], count: number) {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const hash = hashes[Math.floor(Math.random() * hashes.length)] ?? '';
    const startedAt = performance.now();
    const found = await read(hash);
    times.push(performance.now() - startedAt);
    if (found === null || found === undefined) throw new Error('a session that was put there was not found');
  }
  return quantiles(times);
}

const us = (ms: number) => `${Math.round(ms * 1000)}`.padStart(6);

async function fillTo(subject: Subject, hashes: string[], size: number): Promise<void> {
  while (hashes.length < size) {
    const now = Date.now();
    const count = Math.min(5_000, size - hashes.length);
    const batch = Array.from(
      { length: count },
      (_, index) => [hashToken(randomToken()), someValue(index, now)] as const,
    );
    await subject.fill(batch, 8 * DAY_MS);
    for (const [hash] of batch) hashes.push(hash);
  }
}

async function sweepWhileReading(subject: Subject, hashes: readonly string[], size: number): Promise<void> {
  for (let done = 0; done < size; done += 5_000) {
    const now = Date.now();
    const over = Array.from(
      { length: 5_000 },
      (_, index) => [hashToken(randomToken()), someValue(index, now)] as const,
    );
    await subject.fill(over, -DAY_MS);
  }
  const before = await timeReads((hash) => subject.store.get(hash), hashes, READS);
  let isDone = false;
  let swept = 0;
  const startedAt = performance.now();
  const sweep = async () => {
    for (;;) {
      const count = await subject.store.sweep(Date.now(), SWEEP_BATCH);
      if (count === 0) return;
      swept += count;
    }
  };
  const sweeping = sweep().finally(() => {
    isDone = true;
  });
  const times: { p50: number; p99: number }[] = [];
  while (!isDone) times.push(await timeReads((hash) => subject.store.get(hash), hashes, 1_000));
  await sweeping;
  const p99 = quantiles(times.map((each) => each.p99)).p50;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `  sweep of ${swept} that are over, ${SWEEP_BATCH} at a time: ${seconds} s; p99 of reads ${us(before.p99)} us before, ${us(p99)} us meanwhile`,
  );
}

console.log(
  `Node ${process.version}, ${process.platform} ${process.arch}, ${availableParallelism()} x ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`,
);
for (const name of flags.store.split(',')) {
  const make = subjects[name];
  if (make === undefined) throw new Error(`there is no store ${name}`);
  const subject = await make();
  const hashes: string[] = [];
  const empty = await subject.bytes();
  console.log(`${name}\n  sessions  bytes each   resolve p50   p99 (us)   bare p50   p99 (us)`);
  for (const size of SIZES) {
    await fillTo(subject, hashes, size);
    await timeReads((hash) => subject.store.get(hash), hashes, 1_000);
    const resolve = await timeReads((hash) => subject.store.get(hash), hashes, READS);
    const bare = await timeReads(subject.readBare, hashes, READS);
    const each = Math.round(((await subject.bytes()) - empty) / size);
    console.log(
      `  ${`${size}`.padStart(8)}  ${`${each}`.padStart(10)}        ${us(resolve.p50)}     ${us(resolve.p99)}     ${us(bare.p50)}     ${us(bare.p99)}`,
    );
  }
  if (name === 'sqlite') await sweepWhileReading(subject, hashes, SIZES.at(-1) ?? 0);
  await subject.close();
}
