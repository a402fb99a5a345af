import { EventEmitter } from 'node:events';
import KeyvRedis from '@keyv/redis';
import type { StoredData } from 'keyv';
import { codeOf, type Redis, type RedisClient } from '../../redis.js';
import type { SessionAdapter } from '../session-store.js';

/** Before every key, so that other programs may use the same Redis. */
const PREFIX = 'menjin:';

/** What is there is of another type than a text: no value of ours, and not nothing either. */
const FOREIGN = '';

/**
 * A Keyv storage adapter over a Redis or a cluster, through @keyv/redis. What Redis does not answer rejects, within its
 * deadline. Every call names one key: a cluster refuses those that name keys of several slots.
 */
export function createRedisAdapter({ ask, isReachable, connections }: Redis): SessionAdapter {
  const keyvs = new WeakMap<RedisClient, KeyvRedis<string>>();

  /** A cluster has a client for each of its nodes. */
  function keyvOver(client: RedisClient): KeyvRedis<string> {
    const keyv = keyvs.get(client) ?? new KeyvRedis<string>(client, { throwOnErrors: true });
    if (!keyvs.has(client)) {
      // The same errors reject; without a listener some would be thrown where nobody waits.
      keyv.on('error', () => undefined);
      keyvs.set(client, keyv);
    }
    return keyv;
  }

  return Object.assign(new EventEmitter(), {
    opts: {},
    namespace: undefined as string | undefined,
    isReachable,

    async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
      const stored = await ask((client) => keyvOver(client).get(PREFIX + key), PREFIX + key).catch((error: unknown) => {
        if (codeOf(error) === 'WRONGTYPE') return FOREIGN;
        throw error;
      });
      return stored as StoredData<Value> | undefined;
    },
    async set(key: string, value: string, ttlMs?: number): Promise<boolean> {
      await ask((client) => keyvOver(client).set(PREFIX + key, value, ttlMs), PREFIX + key);
      return true;
    },
    async replace(key: string, value: string, ttlMs?: number): Promise<boolean> {
      const expiry = ttlMs === undefined ? {} : { PX: ttlMs };
      const answer = await ask((client) => client.set(PREFIX + key, value, { XX: true, ...expiry }), PREFIX + key);
      return answer === 'OK';
    },
    delete(key: string): Promise<boolean> {
      return ask((client) => keyvOver(client).delete(PREFIX + key), PREFIX + key);
    },
    /** Of a cluster every node that holds keys. One that does not answer, or has gone meanwhile, fails all of it. */
    async *scan(prefix: string): AsyncGenerator<readonly string[], void> {
      const options = { MATCH: `${PREFIX}${prefix}*`, COUNT: 100 };
      for (const node of connections()) {
        let cursor = '0';
        do {
          const from = cursor;
          const found = await node.ask((client) => client.scan(from, options));
          yield found.keys.map((key) => key.slice(PREFIX.length));
          cursor = found.cursor;
        } while (cursor !== '0');
      }
    },
    /** Looks at every key of the Redis: for tests, never for a request. */
    async clear(): Promise<void> {
      const MATCH = `${PREFIX}${this.namespace === undefined ? '' : `${this.namespace}:`}*`;
      for (const { client } of connections()) {
        for await (const keys of client.scanIterator({ MATCH, COUNT: 1000 })) {
          await Promise.all(keys.map((key) => client.unlink(key)));
        }
      }
    },
    // The connection is closed by who opened it.
    async disconnect(): Promise<void> {},
  });
}
