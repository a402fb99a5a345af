import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { HASH_SLOTS, hashSlotOf } from '../src/lib/hash-slot.js';
import { parseRedisClusterUrl } from '../src/lib/redis-cluster-url.js';
import type { Redis } from '../src/redis.js';
import { connectRedisCluster } from '../src/redis-cluster.js';
import { subscribe } from '../src/redis-subscriber.js';
import { describeWithService } from './servers/describe-with-service.js';
import type { LocalServer } from './servers/local-server.js';
import { askRedis, commandCalls, startRedis } from './servers/redis.js';
import { type RedisCluster, type RedisClusterOptions, startRedisCluster } from './servers/redis-cluster.js';
import { freePort } from './support/ports.js';

/** Where a cluster comes to an agreement by itself, over several of its time-outs. */
const AGREED_MS = 30_000;
const PASSWORD = 'CANARY-pw';

interface Connected {
  readonly redis: Redis;
  readonly events: string[];
  readonly errors: unknown[];
  set(key: string, value?: string): Promise<string>;
  get(key: string): Promise<string | null>;
}

describeWithService('redis', 'a connection to a cluster of Redis', () => {
  /** Of those tests that leave it as it was. */
  let shared: RedisCluster;
  let closers: (() => Promise<void>)[];

  beforeAll(async () => {
    shared = await startRedisCluster({ password: PASSWORD, nodeTimeoutMs: 15_000 });
  });
  beforeEach(() => {
    closers = [];
  });
  afterEach(async () => {
    for (const close of closers.reverse()) await close();
  });
  afterAll(() => shared.stop());

  async function start(options: RedisClusterOptions = {}): Promise<RedisCluster> {
    const cluster = await startRedisCluster({ password: PASSWORD, ...options });
    closers.push(() => cluster.stop());
    return cluster;
  }

  function connect(url: string): Connected {
    const events: string[] = [];
    const errors: unknown[] = [];
    const redis = connectRedisCluster(parseRedisClusterUrl(url) ?? [], {
      onLost: (error) => {
        events.push('lost');
        errors.push(error);
      },
      onBack: () => events.push('back'),
      onReplaced: () => events.push('replaced'),
    });
    closers.push(() => redis.close());
    return {
      redis,
      events,
      errors,
      set: async (key, value = 'value') => String(await redis.ask((client) => client.set(key, value), key)),
      get: (key) => redis.ask((client) => client.get(key), key),
    };
  }

  /** Connected to all three. */
  async function connected(cluster: RedisCluster, url = cluster.url): Promise<Connected> {
    const opened = connect(url);
    await eventually(() => opened.redis.connections().filter((each) => each.isReachable()).length === 3);
    return opened;
  }

  const unreachable = { name: 'RedisUnreachableError' };

  test('a node that is only just being connected to is waited for', async () => {
    const keyOf = await keysOfMasters(shared);
    const { redis, set } = connect(shared.url);
    while (redis.connections().length < 3) await immediate();
    expect(await Promise.all(shared.masters.map((master) => set(keyOf(master))))).toEqual(['OK', 'OK', 'OK']);
  });

  test('a master that is killed stops the calls for its own keys and no others, until it is back, and is not made to do them then', async () => {
    const cluster = shared;
    const { redis, events, set, get } = await connected(cluster);
    const [lost = never(), other = never(), third = never()] = cluster.masters;
    const keyOf = await keysOfMasters(cluster);
    await set(keyOf(other));
    await lost.kill();
    await eventually(() => events.includes('lost'));
    await expect(set(keyOf(lost))).rejects.toMatchObject(unreachable);
    await Promise.allSettled(Array.from({ length: 50 }, () => set(keyOf(lost))));
    expect(redis.isReachable()).toBe(true);
    expect([await get(keyOf(other)), await set(keyOf(third))]).toEqual(['value', 'OK']);
    // Also for those who come now.
    const later = connect(cluster.url);
    await eventually(async () => (await later.get(keyOf(other)).catch(() => null)) === 'value');
    await eventually(() => later.events.includes('lost'));
    await expect(later.get(keyOf(lost))).rejects.toMatchObject(unreachable);

    await lost.restart();
    await cluster.well();
    await eventually(() => events.includes('back') && later.events.includes('back'));
    // None of what was refused is done now.
    expect(await get(keyOf(lost))).toBeNull();
    expect(await commandCalls(lost.url, 'set')).toBe(0);
    expect(await later.set(keyOf(lost))).toBe('OK');
    expect(events.filter((event) => event !== 'replaced')).toEqual(['lost', 'back']);
  });

  test('a master that is silent makes nobody wait who asks another, and is asked no more until it answers', async () => {
    const cluster = shared;
    const { redis, events, set, get } = await connected(cluster);
    const [silent = never(), other = never()] = cluster.masters;
    const keyOf = await keysOfMasters(cluster);
    silent.freeze();
    const asked = get(keyOf(silent));
    let isAnswered = false;
    const noteAnswered = () => {
      isAnswered = true;
    };
    asked.then(noteAnswered, noteAnswered);
    for (const value of ['1', '2', '3']) expect(await set(keyOf(other), value)).toBe('OK');
    expect(isAnswered).toBe(false);
    await expect(asked).rejects.toMatchObject({ name: 'DeadlineError' });
    await expect(get(keyOf(silent))).rejects.toMatchObject(unreachable);
    expect(redis.isReachable()).toBe(true);
    expect(await set(keyOf(other))).toBe('OK');
    silent.thaw();
    await eventually(() => events.includes('back'));
    expect(await set(keyOf(silent))).toBe('OK');
    expect(events).toEqual(['lost', 'back']);
  });

  test('a replica that takes over is found, and what its master may have forgotten to tell it is told', async () => {
    const cluster = await start({ hasReplicas: true, nodeTimeoutMs: 3000 });
    const [lost = never()] = cluster.masters;
    const [replica = never()] = cluster.replicas;
    // The only node it is told of is the one that will be lost.
    const { events, set, get } = await connected(cluster, `redis+cluster://:${PASSWORD}@127.0.0.1:${lost.port}`);
    const keyOf = await keysOfMasters(cluster);
    await set(keyOf(lost));
    await eventually(async () => Number(await askRedis(replica.url, 'DBSIZE')) === 1);
    await lost.kill();
    await eventually(async () => (await get(keyOf(lost)).catch(() => null)) === 'value', AGREED_MS);
    await eventually(() => events.includes('back'));
    expect(events).toEqual(['lost', 'replaced', 'back']);
    expect(await set(keyOf(lost), 'new')).toBe('OK');
    expect(await askRedis(replica.url, 'GET', keyOf(lost)).then(String)).toBe('new');

    // It comes back as a replica of its own, and nothing changes.
    await lost.restart();
    await eventually(
      async () => String(await askRedis(lost.url, 'INFO', 'replication')).includes('role:slave'),
      AGREED_MS,
    );
    expect(await get(keyOf(lost))).toBe('new');
    expect(events).toEqual(['lost', 'replaced', 'back']);
  });

  test('a slot that moves is followed: key by key while it moves, at once when it has', async () => {
    const cluster = await start();
    const { events, set, get, redis } = await connected(cluster);
    const [from = never(), to = never()] = cluster.masters;
    const keyOf = await keysOfMasters(cluster);
    // Of one slot, by what is in their braces.
    const keys = Array.from({ length: 40 }, (_, index) => `{${keyOf(from)}}:${index}`);
    const slot = hashSlotOf(keyOf(from));
    await Promise.all(keys.map((key) => set(key)));

    const [fromId, toId] = [await cluster.idOf(from), await cluster.idOf(to)];
    await askRedis(to.url, 'CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', fromId);
    await askRedis(from.url, 'CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', toId);
    const moving = keys.slice(0, 20);
    const auth = ['AUTH', PASSWORD];
    await askRedis(from.url, 'MIGRATE', '127.0.0.1', `${to.port}`, '', '0', '5000', ...auth, 'KEYS', ...moving);
    const others = Array.from({ length: 40 }, (_, index) => set(keyOf(to), `${index}`));
    expect(await Promise.all(keys.map(get))).toEqual(keys.map(() => 'value'));
    await Promise.all(others);
    // A new key is made where the slot is going.
    expect(await set(`{${keyOf(from)}}:new`)).toBe('OK');
    expect(await redis.ask((client) => client.set(`{${keyOf(from)}}:no`, '', { XX: true }), keyOf(from))).toBeNull();
    expect(await askRedis(from.url, 'CLUSTER', 'COUNTKEYSINSLOT', `${slot}`)).toBe(20);
    expect(await askRedis(to.url, 'CLUSTER', 'COUNTKEYSINSLOT', `${slot}`)).toBe(21);

    await askRedis(from.url, 'MIGRATE', '127.0.0.1', `${to.port}`, '', '0', '5000', ...auth, 'KEYS', ...keys.slice(20));
    await cluster.giveSlot(slot, to);
    expect(await Promise.all(keys.map(get))).toEqual(keys.map(() => 'value'));
    // From now on the old one is not asked.
    const before = await refusedCalls(from.url, 'get');
    expect(before).toBeGreaterThan(0);
    expect(await Promise.all(keys.map(get))).toEqual(keys.map(() => 'value'));
    expect(await refusedCalls(from.url, 'get')).toBe(before);
    expect(events).toEqual([]);
  });

  test('a cluster that stops as a whole is known to be of no use, and found again', async () => {
    const cluster = await start({ needsFullCoverage: true, nodeTimeoutMs: 2000 });
    const { redis, events, set } = await connected(cluster);
    const [lost = never(), other = never()] = cluster.masters;
    const keyOf = await keysOfMasters(cluster);
    await lost.kill();
    const refused = () =>
      Promise.allSettled(cluster.masters.slice(1).map((node) => set(keyOf(node)))).then(() => !redis.isReachable());
    await eventually(refused, AGREED_MS);
    await lost.restart();
    await cluster.well();
    await eventually(() => events.includes('back'));
    expect(redis.isReachable()).toBe(true);
    expect([await set(keyOf(lost)), await set(keyOf(other))]).toEqual(['OK', 'OK']);
    expect(events.filter((event) => event !== 'replaced')).toEqual(['lost', 'back']);
  });

  test('what one publishes on any node the others hear, also when the node they listened at is gone', async () => {
    const { redis: publisher } = await connected(shared);
    const { redis: listener } = await connected(shared);
    const [listened = never()] = shared.masters;
    const heard = new Set<string>();
    const subscription = subscribe(listener, 'channel', (message) => heard.add(message));
    closers.push(() => subscription.close());
    const isHeard = async (message: string) => {
      await publisher.ask((client) => client.publish('channel', message)).catch(() => undefined);
      return heard.has(message);
    };
    await eventually(() => isHeard('before'));
    const listeners = await Promise.all(shared.masters.map(({ url }) => askRedis(url, 'PUBSUB', 'NUMSUB', 'channel')));
    expect(listeners.map(String)).toEqual(['channel,1', 'channel,0', 'channel,0']);
    await listened.kill();
    await eventually(() => isHeard('after'));
    await listened.restart();
    await shared.well();
  });

  test('is made by any of the nodes that are named, and by none of them later', async () => {
    const cluster = shared;
    const [gone] = [await freePort()];
    const [node = never()] = cluster.masters;
    const partly = connect(`redis+cluster://:${PASSWORD}@127.0.0.1:${gone},127.0.0.1:${node.port}`);
    await eventually(() => partly.redis.connections().filter((each) => each.isReachable()).length === 3);
    expect(await partly.set('key')).toBe('OK');

    for (const each of cluster.masters) await each.kill();
    const { redis, events, errors, set } = connect(cluster.url);
    await eventually(() => events.includes('lost'));
    expect(errors).toMatchObject([{ code: 'ECONNREFUSED' }]);
    expect(redis.isReachable()).toBe(false);
    await expect(set('key')).rejects.toMatchObject(unreachable);
    await Promise.all(cluster.masters.map((each) => each.restart()));
    await cluster.well();
    await eventually(() => events.includes('back'));
    await eventually(() => redis.connections().filter((each) => each.isReachable()).length === 3);
    expect(await set('key')).toBe('OK');
    expect(events).toEqual(['lost', 'back']);
  });

  test.each([
    ['no password', (url: string) => url.replace(`:${PASSWORD}@`, ''), 'NOAUTH'],
    ['a wrong password', (url: string) => url.replace(PASSWORD, 'CANARY-no'), 'WRONGPASS'],
  ])('with %s it says why it is lost, and no password', async (_title, urlOf, code) => {
    const { errors, redis } = connect(urlOf(shared.url));
    await eventually(() => errors.length > 0);
    expect(errors).toMatchObject([{ code }]);
    expect(JSON.stringify(errors) + errors.map(String).join()).not.toContain('CANARY');
    expect(redis.isReachable()).toBe(false);
  });

  test('a Redis that is no cluster is lost from the beginning', async () => {
    const single = await startRedis();
    closers.push(() => single.stop());
    const { errors, redis } = connect(single.url.replace('redis:', 'redis+cluster:'));
    await eventually(() => errors.length > 0);
    expect(redis.isReachable()).toBe(false);
    await expect(redis.ask((client) => client.get('key'), 'key')).rejects.toMatchObject(unreachable);
  });

  test('is closed while nodes are silent, and makes no call after it', async () => {
    const cluster = shared;
    const { redis, set } = await connected(cluster);
    for (const node of cluster.masters) node.freeze();
    const fresh = connect(cluster.url);
    const calls = Promise.allSettled([set('a'), set('b'), set('c')]);
    await Promise.all([redis.close(), fresh.redis.close()]);
    expect((await calls).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(set('a')).rejects.toMatchObject(unreachable);
    for (const node of cluster.masters) node.thaw();
  });
});

/** A key that this master holds. */
async function keysOfMasters(cluster: RedisCluster): Promise<(master: LocalServer) => string> {
  const share = HASH_SLOTS / cluster.masters.length;
  const keys = cluster.masters.map((_, index) => {
    for (let attempt = 0; ; attempt += 1) {
      if (Math.floor(hashSlotOf(`key-${attempt}`) / share) === index) return `key-${attempt}`;
    }
  });
  for (const [index, key] of keys.entries()) expect(await cluster.masterOf(key)).toBe(cluster.masters[index]);
  return (master) => keys[cluster.masters.indexOf(master)] ?? '';
}

/** How often it said that the key is elsewhere. */
async function refusedCalls(url: string, command: string): Promise<number> {
  const stats = String(await askRedis(url, 'INFO', 'commandstats'));
  return Number(new RegExp(`cmdstat_${command}:.*rejected_calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`it did not happen within ${withinMs} ms`);
    await sleep(10);
  }
}

function never(): never {
  throw new Error('a cluster has three masters');
}
