import { DeadlineError, withDeadline } from './lib/deadline.js';
import { hashSlotOf } from './lib/hash-slot.js';
import {
  connectRedis,
  type LostPart,
  type Redis,
  type RedisClient,
  type RedisConnection,
  type RedisEvents,
  RedisUnreachableError,
} from './redis.js';
import { askAsking, isClusterDown, redirectionIn } from './redis-redirection.js';
import { createSlotReader } from './redis-slot-reader.js';
import type { SlotOwners } from './redis-slots.js';

interface ClusterNode {
  readonly connection: RedisConnection;
  /** Resolves when it is known whether the node can be reached; null when it is. */
  trying: Promise<void> | null;
}

const MAX_REDIRECTIONS = 5;

// What can be wrong besides single nodes.
const UNKNOWN = 'nobody says who holds what';
const UNCOVERED = 'nobody holds some of the keys';
/** Of a node that refuses everything, until it says itself that this is over. */
const stateOf = (address: string) => `state of ${address}`;

/**
 * A Redis Cluster, each node on a connection with the bounds of `connectRedis`: one that is silent or gone stops the calls
 * for its own keys and no others. Who holds which keys is read at the beginning, corrected by each answer that says
 * otherwise, and read again every second while anything is wrong. Nothing is read from replicas.
 *
 * @param seeds `redis:` or `rediss:` URLs of some nodes; what they say beside the address holds for all nodes
 */
export function connectRedisCluster(seeds: readonly string[], events: RedisEvents = {}, timeoutMs = 1000): Redis {
  const nodes = new Map<string, ClusterNode>();
  const troubles = new Set<string>();
  let owners: SlotOwners = [];
  let masters: ReadonlySet<string> = new Set();
  let isClosed = false;

  const reader = createSlotReader({
    urls: () => [...new Set([...[...nodes.keys()].map(urlOf), ...seeds])],
    timeoutMs,
    onRead: async (found) => {
      adopt(found);
      settle(UNKNOWN);
      await Promise.all([...nodes].map(askState));
    },
    onFailed: (error) => lose(UNKNOWN, error, 'all'),
    isUnwell: () => troubles.size > 0,
  });

  function lose(what: string, error: unknown, part: LostPart): void {
    if (isClosed) return;
    const isFirst = troubles.size === 0;
    troubles.add(what);
    if (isFirst) events.onLost?.(error, part);
    reader.readSoon();
  }
  function settle(what: string): void {
    if (troubles.delete(what) && troubles.size === 0 && !isClosed) events.onBack?.();
  }

  function nodeAt(address: string): ClusterNode {
    const known = nodes.get(address);
    if (known !== undefined) return known;
    const { onReplaced } = events;
    let noteTried = (): void => undefined;
    const tried = new Promise<void>((resolve) => {
      noteTried = resolve;
    });
    const onLost = (error: unknown) => {
      noteTried();
      lose(address, error, 'a node');
    };
    const onBack = () => settle(address);
    const connection = connectRedis(urlOf(address), { onLost, onBack, ...(onReplaced && { onReplaced }) }, timeoutMs);
    connection.client.once('ready', noteTried);
    const node: ClusterNode = { connection, trying: null };
    node.trying = withDeadline(tried, timeoutMs)
      .catch(() => undefined)
      .then(() => {
        node.trying = null;
      });
    nodes.set(address, node);
    return node;
  }
  function urlOf(address: string): string {
    const url = new URL(seeds[0] ?? '');
    url.host = address;
    return url.href;
  }

  async function askState([address, { connection }]: [string, ClusterNode]): Promise<void> {
    if (!troubles.has(stateOf(address))) return;
    const info = await connection.ask((client) => client.clusterInfo()).catch(() => '');
    if (info.includes('cluster_state:ok')) settle(stateOf(address));
  }

  function adopt(found: SlotOwners): void {
    const before = masters;
    owners = found;
    masters = new Set(found.filter((address) => address !== undefined));
    // A replica took over, which may not have heard of the last deletions.
    if ([...before].some((address) => !masters.has(address))) events.onReplaced?.();
    for (const address of masters) nodeAt(address);
    for (const [address, { connection }] of nodes) {
      if (masters.has(address)) continue;
      nodes.delete(address);
      void connection.close();
      settle(address);
      settle(stateOf(address));
    }
    if (found.includes(undefined)) lose(UNCOVERED, new RedisUnreachableError(UNCOVERED), 'some keys');
    else settle(UNCOVERED);
  }

  const isReachable = (address: string) =>
    nodes.get(address)?.connection.isReachable() === true && !troubles.has(stateOf(address));

  function addressFor(key: string | undefined): string {
    const known = [...nodes.keys()];
    const address = key === undefined ? (known.find(isReachable) ?? known[0]) : owners[hashSlotOf(key)];
    if (address !== undefined) return address;
    throw new RedisUnreachableError(owners.length === 0 ? UNKNOWN : UNCOVERED);
  }

  async function ask<T>(call: (client: RedisClient) => Promise<T>, key?: string): Promise<T> {
    const giveUpAt = performance.now() + timeoutMs;
    let address = addressFor(key);
    let isAsking = false;
    for (let redirections = 0; ; redirections += 1) {
      if (isClosed) throw new RedisUnreachableError('closed');
      const { connection, trying } = nodeAt(address);
      if (trying !== null) await trying;
      // Its caller has given it up: what is not sent now cannot be done late.
      if (performance.now() >= giveUpAt) throw new DeadlineError(`no answer within ${timeoutMs} ms`);
      try {
        return await (isAsking ? askAsking(connection, call) : connection.ask(call));
      } catch (error) {
        if (isClusterDown(error)) lose(stateOf(address), error, 'all');
        const moved = redirectionIn(error, address);
        if (moved === null || redirections === MAX_REDIRECTIONS) throw error;
        address = moved.address;
        isAsking = moved.isAsking;
        if (isAsking) continue;
        owners[moved.slot] = address;
        reader.readSoon();
      }
    }
  }

  return {
    isCluster: true,
    ask: (call, key) => withDeadline(ask(call, key), timeoutMs),
    isReachable: () => [...nodes.keys()].some(isReachable),
    connections: () => [...nodes.values()].map(({ connection }) => connection),
    close: async () => {
      isClosed = true;
      await reader.close();
      for (const { connection } of nodes.values()) await connection.close();
    },
  };
}
