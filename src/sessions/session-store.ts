import Keyv, { type DeserializedData, type KeyvStoreAdapter } from 'keyv';
import { type AppError, storeUnavailable } from '../errors.js';
import { withDeadline } from '../lib/deadline.js';
import { parseSessionValue, type SessionValue } from './session-value.js';

/**
 * The door to Keyv. Every call ends within its deadline.
 *
 * @throws AppError SERVICE_UNAVAILABLE from every function when the store did not answer, or said that it cannot: never
 *   "no session" then.
 */
export interface SessionStore {
  /** null when there is none; 'corrupt' when what is there is not a value of ours. */
  get(tokenHash: string): Promise<SessionValue | null | 'corrupt'>;
  /** Confirmed when it returns. `now` is the time by which `value.until` is meant. */
  set(tokenHash: string, value: SessionValue, now: number): Promise<void>;
  /** Writes only over a value that is there; false when there is none. */
  replace(tokenHash: string, value: SessionValue, now: number): Promise<boolean>;
  /** Confirmed when it returns, whether there was one or not. */
  delete(tokenHash: string): Promise<void>;
  /** The same for many at once, within one deadline. After a failure some of them may be gone. */
  deleteAll(tokenHashes: readonly string[]): Promise<void>;
  /**
   * Removes at most `limit` values whose time in the store is over, and says how many it were: 0 where the store does that by
   * itself. Nobody waits for it: a value is judged by its `until`.
   */
  sweep(now: number, limit: number): Promise<number>;
  /**
   * The hashes of all tokens that have a value, some at a time: each that is there from the beginning to the end is among them,
   * perhaps more than once. For an operator, never for a request: it looks at the whole store.
   */
  scan(): AsyncIterable<readonly string[]>;
  /** Asks nobody. SERVICE_UNAVAILABLE when it is known that a call now would fail; else null. */
  refusal(): AppError | null;
  close(): Promise<void>;
}

/** What a Keyv adapter must add to be a session store. */
export interface SessionAdapter extends KeyvStoreAdapter {
  /** Writes only when the key is there: false when it is not. Not a compare-and-set. */
  replace(key: string, value: string, ttlMs?: number): Promise<boolean>;
  /** All of them, or a rejection. Without it they are deleted one by one. */
  deleteMany?(keys: string[]): Promise<boolean>;
  /** Removes at most `limit` keys whose ttl was over at `now`. Without it the store does that by itself. */
  sweep?(now: number, limit: number): Promise<number>;
  /** The keys that begin with `prefix`, some at a time. Each call of the store behind it has a deadline. */
  scan(prefix: string): AsyncIterable<readonly string[]>;
  /** false when it is known that a call now would fail. Without it every call is tried. */
  isReachable?(): boolean;
  disconnect(): Promise<void>;
}

/**
 * Keyv deletes what it reads after its ttl, by the clock of the reader. We judge `until` ourselves and give Keyv a day
 * more, so that a clock two hours fast destroys nothing.
 */
const KEYV_TTL_MARGIN_MS = 86_400_000;

const NAMESPACE = 'session';
/** What Keyv puts before every key. */
const PREFIX = `${NAMESPACE}:`;
const HASH = /^[0-9a-f]{64}$/;

export function createSessionStore(adapter: SessionAdapter, timeoutMs = 2000): SessionStore {
  const values = keyvOver(adapter);
  // Keyv has no "set if present". It hands on what an adapter's `set` answers, so a second Keyv sets by `replace`.
  const replacing = keyvOver(replacingView(adapter));

  async function answered<T>(call: Promise<T>): Promise<T> {
    try {
      return await withDeadline(call, timeoutMs);
    } catch (error) {
      throw storeUnavailable('sessions', error);
    }
  }

  const keyvTtlMs = (value: SessionValue, now: number) =>
    Math.max(1, Math.ceil(value.until - now + KEYV_TTL_MARGIN_MS));

  return {
    get: async (tokenHash) => {
      const stored = await answered(values.get<unknown>(tokenHash, { raw: true }));
      if (stored === undefined) return null;
      return parseSessionValue(stored.value) ?? 'corrupt';
    },
    set: async (tokenHash, value, now) => {
      const isConfirmed = await answered(values.set(tokenHash, value, keyvTtlMs(value, now)));
      if (!isConfirmed) throw storeUnavailable('sessions', new Error('the store did not confirm the value'));
    },
    replace: (tokenHash, value, now) => answered(replacing.set(tokenHash, value, keyvTtlMs(value, now))),
    delete: async (tokenHash) => {
      await answered(values.delete(tokenHash));
    },
    deleteAll: async (tokenHashes) => {
      if (tokenHashes.length > 0) await answered(values.deleteMany([...tokenHashes]));
    },
    sweep: async (now, limit) => (adapter.sweep === undefined ? 0 : answered(adapter.sweep(now, limit))),
    scan: async function* () {
      try {
        for await (const keys of adapter.scan(PREFIX)) {
          yield keys.map((key) => key.slice(PREFIX.length)).filter((name) => HASH.test(name));
        }
      } catch (error) {
        throw storeUnavailable('sessions', error);
      }
    },
    refusal: () =>
      adapter.isReachable?.() === false ? storeUnavailable('sessions', new Error('the store does not answer')) : null,
    close: async () => {
      await withDeadline(adapter.disconnect(), timeoutMs);
    },
  };
}

function keyvOver(store: KeyvStoreAdapter): Keyv {
  const keyv = new Keyv({
    store,
    namespace: NAMESPACE,
    throwOnErrors: true,
    serialize: JSON.stringify,
    deserialize: parseStored,
  });
  // Without a listener Keyv's emitter is silent; the same error is thrown and handled by the caller.
  keyv.on('error', () => undefined);
  return keyv;
}

function replacingView(adapter: SessionAdapter): KeyvStoreAdapter {
  return {
    opts: {},
    get: (key) => adapter.get(key),
    set: (key: string, value: string, ttlMs?: number) => adapter.replace(key, value, ttlMs),
    delete: (key) => adapter.delete(key),
    clear: () => adapter.clear(),
    on: (event, listener) => adapter.on(event, listener),
  };
}

/**
 * What Keyv wrapped around a value. Of another text Keyv's own parser throws, or says that there is nothing; but there
 * is something, and it is no value of ours.
 */
function parseStored<T>(text: string): DeserializedData<T> {
  const foreign = {} as DeserializedData<T>;
  try {
    const stored: unknown = JSON.parse(text);
    return typeof stored === 'object' && stored !== null ? { ...foreign, ...stored } : foreign;
  } catch {
    return foreign;
  }
}
