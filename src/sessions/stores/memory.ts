import { EventEmitter } from 'node:events';
import type { StoredData } from 'keyv';
import type { SessionAdapter } from '../session-store.js';

/** A Keyv storage adapter for tests and trials: the values live and die with the process. */
export function createMemoryAdapter(values = new Map<string, string>()): SessionAdapter {
  return Object.assign(new EventEmitter(), {
    opts: {},
    namespace: undefined as string | undefined,

    async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
      return values.get(key) as StoredData<Value> | undefined;
    },
    async set(key: string, value: string): Promise<boolean> {
      values.set(key, value);
      return true;
    },
    async replace(key: string, value: string): Promise<boolean> {
      if (!values.has(key)) return false;
      values.set(key, value);
      return true;
    },
    async delete(key: string): Promise<boolean> {
      return values.delete(key);
    },
    async clear(): Promise<void> {
      const prefix = this.namespace === undefined ? '' : `${this.namespace}:`;
      for (const key of values.keys()) if (key.startsWith(prefix)) values.delete(key);
    },
    async disconnect(): Promise<void> {},
  });
}
