import { EventEmitter } from 'node:events';
import KeyvRedis from '@keyv/redis';
import type { StoredData } from 'keyv';
import { codeOf, type Redis } from '../../redis.js';
import type { SessionAdapter } from '../session-store.js';

/** Before every key, so that other programs may use the same Redis. */
const PREFIX = 'menjin:';

/** What is there is of another type than a text: no value of ours, and not nothing either. */
const FOREIGN = '';

/** A Keyv storage adapter over one Redis, through @keyv/redis. What Redis does not answer rejects, within its deadline. */
export function createRedisAdapter({ client, ask, isReachable }: Redis): SessionAdapter {
  const keyvRedis = new KeyvRedis<string>(client, { throwOnErrors: true });
  // The same errors reject; without a listener some would be thrown where nobody waits.
  keyvRedis.on('error', () => undefined);

  return Object.assign(new EventEmitter(), {
    opts: {},
    namespace: undefined as string | undefined,
    isReachable,

    async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
      const stored = await ask(() => keyvRedis.get(PREFIX + key)).catch((error: unknown) => {
        if (codeOf(error) === 'WRONGTYPE') return FOREIGN;
        throw error;
      });
      return stored as StoredData<Value> | undefined;
    },
    async set(key: string, value: string, ttlMs?: number): Promise<boolean> {
      await ask(() => keyvRedis.set(PREFIX + key, value, ttlMs));
      return true;
    },
    async replace(key: string, value: string, ttlMs?: number): Promise<boolean> {
      const expiry = ttlMs === undefined ? {} : { PX: ttlMs };
      return (await ask(() => client.set(PREFIX + key, value, { XX: true, ...expiry }))) === 'OK';
    },
    delete(key: string): Promise<boolean> {
      return ask(() => keyvRedis.delete(PREFIX + key));
    },
    /** Looks at every key of the Redis: for tests, never for a request. */
    async clear(): Promise<void> {
      const MATCH = `${PREFIX}${this.namespace === undefined ? '' : `${this.namespace}:`}*`;
      for await (const keys of client.scanIterator({ MATCH, COUNT: 1000 })) {
        if (keys.length > 0) await client.unlink(keys);
      }
    },
    // The connection is closed by who opened it.
    async disconnect(): Promise<void> {},
  });
}
