import { sha256Hex } from '../../src/lib/bytes.js';
import type { LocalServer } from '../servers/local-server.js';
import { type RedisOptions, startRedis } from '../servers/redis.js';
import { startToxicProxy, type ToxicProxy } from '../servers/toxic-proxy.js';
import { REDIS_PASSWORD, type RedisGateway, startRedisGateway } from './redis-gateway.js';
import { rounds } from './rounds.js';
import { type StandInWechat, startStandInWechat } from './stand-in-wechat.js';
import type { TestGatewayOptions } from './test-gateway.js';

/** What one test breaks: each server is its own, and all of it ends with the test. */
export interface RedisScene {
  readonly wechat: StandInWechat;
  redis(options?: RedisOptions): Promise<LocalServer>;
  /** The proxy, and the server's URL through it. */
  proxyTo(server: LocalServer): Promise<{ proxy: ToxicProxy; url: string }>;
  gateway(
    url: string,
    options?: { config?: NonNullable<TestGatewayOptions['config']>; waits?: boolean },
  ): Promise<RedisGateway>;
  /** Ends this with the rest. */
  add(close: () => Promise<void>): void;
  /** Ends the newest first. Rejects with the first failure when everything has ended. */
  close(): Promise<void>;
}

/** As an operator has it; and without a cache, in the full run. */
export const CACHE_SIZES = [10_000, 0].slice(0, rounds(1, 2));

/** For as long a process may serve what it has read. */
const REMEMBERED_MS = 1000;

/**
 * @param cacheSize of its gateways. With a cache they have read each session once, a second before what the test does: what
 *   they have at hand must not change an answer any more.
 */
export async function openRedisScene({ cacheSize = 0 }: { cacheSize?: number } = {}): Promise<RedisScene> {
  const wechat = await startStandInWechat();
  const closers = [() => wechat.close()];

  return {
    wechat,
    redis: async (options) => {
      const server = await startRedis({ password: REDIS_PASSWORD, ...options });
      closers.push(() => server.stop());
      return server;
    },
    proxyTo: async (server) => {
      const proxy = await startToxicProxy(server.port);
      closers.push(() => proxy.close());
      return { proxy, url: server.url.replace(`:${server.port}`, `:${proxy.port}`) };
    },
    gateway: async (url, { config, ...options } = {}) => {
      const gateway = await startRedisGateway(url, {
        ...{ wechatApiUrl: wechat.url, ...options },
        config: { sessionCacheSize: cacheSize, ...config },
      });
      closers.push(() => gateway.close());
      return cacheSize === 0 ? gateway : remembering(gateway);
    },
    add: (close) => void closers.push(close),
    close: async () => {
      const outcomes: PromiseSettledResult<void>[] = [];
      for (const close of closers.reverse()) outcomes.push(...(await Promise.allSettled([close()])));
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    },
  };
}

function remembering(gateway: RedisGateway): RedisGateway {
  return {
    ...gateway,
    get logLines() {
      return gateway.logLines;
    },
    tokenFor: async (code, options) => {
      const token = await gateway.tokenFor(code, options);
      const answer = await gateway.viewer(token);
      if (answer.code !== null) throw new Error(`a fresh token was answered ${answer.code}`);
      gateway.clock.advance(REMEMBERED_MS);
      return token;
    },
  };
}

/** Where Redis keeps the session of this token. */
export function keyOf(token: string): string {
  return `menjin:session:${sha256Hex(token)}`;
}
