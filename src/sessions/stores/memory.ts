import { EventEmitter } from 'node:events';
import type { StoredData } from 'keyv';
import type { SessionAdapter } from '../session-store.js';

interface Entry {
  readonly value: string;
  /** In ms. Infinity: it stays. */
  readonly expiresAt: number;
}

/** More than the one that each new key adds, so that what has expired is caught up with. */
const LOOKED_AT_PER_SET = 2;

/**
 * A Keyv storage adapter for tests and trials: the values live and die with the process. Keyv never deletes what nobody
 * reads again, so each new key makes this look at two old ones.
 */
export function createMemoryAdapter(entries = new Map<string, Entry>(), now: () => number = Date.now): SessionAdapter {
  function put(key: string, value: string, ttlMs: number | undefined): void {
    entries.set(key, { value, expiresAt: ttlMs === undefined ? Number.POSITIVE_INFINITY : now() + ttlMs });
  }

  /** How many of the next `count` had expired. */
  function dropExpired(at: number, count: number): number {
    const oldest = entries.entries();
    let dropped = 0;
    for (let looked = 0; looked < Math.min(count, entries.size + dropped); looked += 1) {
      const { value: next } = oldest.next();
      if (next === undefined) break;
      const [key, entry] = next;
      entries.delete(key);
      // Behind all the others, which are looked at before it is again.
      if (entry.expiresAt > at) entries.set(key, entry);
      else dropped += 1;
    }
    return dropped;
  }

  return Object.assign(new EventEmitter(), {
    opts: {},
    namespace: undefined as string | undefined,

    async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
      return entries.get(key)?.value as StoredData<Value> | undefined;
    },
    async set(key: string, value: string, ttlMs?: number): Promise<boolean> {
      dropExpired(now(), LOOKED_AT_PER_SET);
      put(key, value, ttlMs);
      return true;
    },
    async replace(key: string, value: string, ttlMs?: number): Promise<boolean> {
      if (!entries.has(key)) return false;
      put(key, value, ttlMs);
      return true;
    },
    async delete(key: string): Promise<boolean> {
      return entries.delete(key);
    },
    async deleteMany(keys: string[]): Promise<boolean> {
      return keys.map((key) => entries.delete(key)).some(Boolean);
    },
    async sweep(at: number, limit: number): Promise<number> {
      return dropExpired(at, limit);
    },
    async *scan(prefix: string): AsyncGenerator<readonly string[], void> {
      yield [...entries.keys()].filter((key) => key.startsWith(prefix));
    },
    async clear(): Promise<void> {
      const prefix = this.namespace === undefined ? '' : `${this.namespace}:`;
      for (const key of entries.keys()) if (key.startsWith(prefix)) entries.delete(key);
    },
    async disconnect(): Promise<void> {},
  });
}
