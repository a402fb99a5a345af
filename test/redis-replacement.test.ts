import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connectRedis, type RedisConnection } from '../src/redis.js';
import { describeWithService } from './servers/describe-with-service.js';
import type { LocalServer } from './servers/local-server.js';
import { askRedis, startRedis } from './servers/redis.js';

describeWithService('redis', 'a connection to Redis that is lost and made again', () => {
  let server: LocalServer;
  let redis: RedisConnection;
  let replaced: number;

  beforeEach(async () => {
    server = await startRedis();
    replaced = 0;
    redis = connectRedis(server.url, {
      onReplaced: () => {
        replaced += 1;
      },
    });
    await ready();
    await looked();
  });
  afterEach(async () => {
    await redis.close();
    await server.stop();
  });

  const ready = () => new Promise((resolve) => void redis.client.once('ready', resolve));

  /** Redis answers in order: after its first answer it is asked who it is, and the third ping comes after that. */
  async function looked(): Promise<void> {
    for (let pings = 0; pings < 3; pings += 1) await redis.ask((client) => client.ping());
  }

  async function reconnected(lose: () => Promise<unknown>): Promise<void> {
    const back = ready();
    await lose();
    await back;
    await looked();
  }

  const breakOff = () => askRedis(server.url, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

  test('to the same server says nothing, nor does the first one', async () => {
    await reconnected(breakOff);
    expect(replaced).toBe(0);
  });

  test('to a server that was started again says so, each time once', async () => {
    for (const times of [1, 2]) {
      await reconnected(() => server.restart());
      expect(replaced).toBe(times);
    }
  });

  test('to the same server in another role says so', async () => {
    await askRedis(server.url, 'REPLICAOF', '127.0.0.1', '1');
    await reconnected(breakOff);
    expect(replaced).toBe(1);
    await reconnected(breakOff);
    expect(replaced).toBe(1);
  });

  test('to a server that may not be asked who it is says so: it may be another', async () => {
    await askRedis(server.url, 'ACL', 'SETUSER', 'default', '-info');
    for (const times of [1, 2]) {
      await reconnected(breakOff);
      expect(replaced).toBe(times);
    }
  });
});
