import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sha256Hex } from '../../src/lib/bytes.js';
import { connectRedis, type RedisConnection } from '../../src/redis.js';
import { createEndedChannel, type EndedChannel } from '../../src/sessions/ended-channel.js';
import { describeWithService } from '../servers/describe-with-service.js';
import type { LocalServer } from '../servers/local-server.js';
import { askRedis, commandCalls, startRedis } from '../servers/redis.js';

const hashes = (from: number, count: number) => Array.from({ length: count }, (_, n) => sha256Hex(`${from + n}`));

/** One process, as far as the channel is concerned. */
interface Process {
  readonly redis: RedisConnection;
  readonly channel: EndedChannel;
  readonly heard: Set<string>;
  readonly refusals: unknown[];
  backs: number;
}

describeWithService('redis', 'the channel on which processes tell each other what has ended', () => {
  let server: LocalServer;
  let here: Process;
  let there: Process;

  beforeEach(async () => {
    server = await startRedis({ password: 'password' });
    here = await start();
    there = await start();
    await listening(2);
  });
  afterEach(async () => {
    for (const { channel, redis } of [here, there]) {
      await channel.close();
      await redis.close();
    }
    await server.stop();
  });

  async function start(): Promise<Process> {
    const redis = connectRedis(server.url);
    await once(redis.client, 'ready');
    const heard = new Set<string>();
    const refusals: unknown[] = [];
    const process: Omit<Process, 'channel'> = { redis, heard, refusals, backs: 0 };
    const channel = createEndedChannel(redis, {
      onEnded: (tokenHashes) => {
        for (const tokenHash of tokenHashes) heard.add(tokenHash);
      },
      onRefused: (error) => refusals.push(error),
      onBack: () => {
        process.backs += 1;
      },
    });
    return Object.assign(process, { channel });
  }

  async function listening(count: number): Promise<void> {
    const numsub = () => askRedis(server.url, 'PUBSUB', 'NUMSUB', 'menjin:ended');
    await eventually(async () => Number(((await numsub()) as unknown[])[1]) === count);
  }

  async function isHeard(tokenHashes: readonly string[]): Promise<void> {
    here.channel.publish(tokenHashes);
    await eventually(() => tokenHashes.every((tokenHash) => there.heard.has(tokenHash)));
  }

  test('tells what ends, in few messages however much it is', async () => {
    const many = hashes(0, 5_000);
    await askRedis(server.url, 'CONFIG', 'RESETSTAT');
    for (let at = 0; at < many.length; at += 10) here.channel.publish(many.slice(at, at + 10));
    await eventually(() => there.heard.size === many.length);
    expect([...there.heard].sort()).toEqual([...many].sort());
    expect(await commandCalls(server.url, 'publish')).toBeLessThan(20);
  });

  test('is listened to again when its connection was lost, or its server started again', async () => {
    await isHeard(hashes(0, 1));
    await askRedis(server.url, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
    await listening(2);
    await isHeard(hashes(1, 1));
    await server.restart();
    await listening(2);
    await eventually(() => here.redis.isReachable());
    await isHeard(hashes(2, 1));
    expect([here.refusals, there.refusals]).toEqual([[], []]);
  });

  test.each([
    ['nothing', ''],
    ['another text', 'hello'],
    ['a hash that is cut short', hashes(0, 2).join(' ').slice(0, -1)],
    ['hashes in capitals', hashes(0, 1).join(' ').toUpperCase()],
    ['more than anybody would say at once', hashes(0, 501).join(' ')],
    ['a megabyte', 'a'.repeat(2 ** 20)],
  ])('takes no notice of %s', async (_what, message) => {
    await askRedis(server.url, 'PUBLISH', 'menjin:ended', message);
    // What comes after it on the same connection is heard.
    await isHeard(hashes(1000, 1));
    expect([...there.heard]).toEqual(hashes(1000, 1));
  });

  test('costs who ends a session nothing while Redis does not answer, and keeps nothing for later', async () => {
    server.freeze();
    const before = process.cpuUsage();
    here.channel.publish(hashes(0, 1));
    for (let n = 0; n < 20; n += 1) here.channel.publish(hashes(1000 * n, 1000));
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(500);
    await eventually(() => !here.redis.isReachable());
    server.thaw();
    await eventually(() => here.redis.isReachable());
    await listening(2);
    await isHeard(hashes(90_000, 1));
    // The first may have been sent before anybody knew.
    const [first] = hashes(0, 1);
    expect([...there.heard].filter((tokenHash) => tokenHash !== first)).toEqual(hashes(90_000, 1));
  });

  test('that Redis refuses is said once, and once more when it is allowed', async () => {
    await askRedis(server.url, 'ACL', 'SETUSER', 'default', 'resetchannels');
    await eventually(() => there.refusals.length === 1);
    expect(there.refusals[0]).toMatchObject({ code: 'NOPERM' });
    for (let n = 0; n < 3; n += 1) {
      here.channel.publish(hashes(n, 1));
      // Answered after it.
      await here.redis.ask((client) => client.ping());
    }
    expect([here.refusals.length, there.refusals.length]).toEqual([1, 1]);
    await askRedis(server.url, 'ACL', 'SETUSER', 'default', 'allchannels');
    await eventually(() => there.backs === 1);
    await isHeard(hashes(5, 1));
    await eventually(() => here.backs === 1);
    expect([here.refusals.length, there.refusals.length]).toEqual([1, 1]);
  });
});

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 15_000;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error('it did not happen within 15 s');
    await sleep(10);
  }
}
