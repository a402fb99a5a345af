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

  function dropExpired(): void {
    const oldest = entries.entries();
    for (let looked = 0; looked < LOOKED_AT_PER_SET; looked += 1) {
      const { value: next } = oldest.next();
      if (next === undefined) return;
      const [key, entry] = next;
      entries.delete(key);
      // Behind all the others, which are looked at before it is again.
      if (entry.expiresAt > now()) entries.set(key, entry);
    }
  }

  return Object.assign(new EventEmitter(), {
    opts: {},
    namespace: undefined as string | undefined,

    async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
      return entries.get(key)?.value as StoredData<Value> | undefined;
    },
    async set(key: string, value: string, ttlMs?: number): Promise<boolean> {
      dropExpired();
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
    async clear(): Promise<void> {
      const prefix = this.namespace === undefined ? '' : `${this.namespace}:`;
      for (const key of entries.keys()) if (key.startsWith(prefix)) entries.delete(key);
    },
    async disconnect(): Promise<void> {},
  });
}
