import { setTimeout as sleep } from 'node:timers/promises';
import { HASH_SLOTS } from '../../src/lib/hash-slot.js';
import { freePort } from '../support/ports.js';
import type { LocalServer } from './local-server.js';
import { askRedis, startRedis } from './redis.js';

export interface RedisCluster {
  /** Each holds a third of the slots, in order. */
  readonly masters: readonly LocalServer[];
  /** Of each master one, in the same order; none unless asked for. */
  readonly replicas: readonly LocalServer[];
  /** `redis+cluster:` with the first two masters. */
  readonly url: string;
  /** Which master the key was given to at the beginning. */
  masterOf(key: string): Promise<LocalServer>;
  /** Moves an empty slot, or one whose keys were moved, to another master. */
  giveSlot(slot: number, to: LocalServer): Promise<void>;
  idOf(node: LocalServer): Promise<string>;
  /** Resolves when every node that runs says that all is well, or rejects after 20 s. */
  well(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisClusterOptions {
  readonly hasReplicas?: boolean;
  /** Letters, digits, `-` and `_`. */
  readonly password?: string;
  /** After this the others call a node failed. */
  readonly nodeTimeoutMs?: number;
  /** true, as a Redis has it by itself: one lost node makes all refuse. */
  readonly needsFullCoverage?: boolean;
}

const MASTERS = 3;

/** Three masters on loopback ports of their own, and a replica for each when asked for. */
export async function startRedisCluster(options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const { hasReplicas = false, password, nodeTimeoutMs = 5000, needsFullCoverage = false } = options;
  const servers: LocalServer[] = [];
  const stop = async () => {
    for (const server of servers) await server.stop();
  };

  async function startNode(): Promise<LocalServer> {
    const clusterPort = await freePort();
    const args = [
      ...['--cluster-enabled', 'yes', '--cluster-port', `${clusterPort}`],
      ...['--cluster-node-timeout', `${nodeTimeoutMs}`, '--cluster-replica-validity-factor', '0'],
      ...['--cluster-require-full-coverage', needsFullCoverage ? 'yes' : 'no', '--repl-diskless-sync-delay', '0'],
      ...(password === undefined ? [] : ['--masterauth', password]),
    ];
    const node = await startRedis({ args, ...(password === undefined ? {} : { password }) });
    servers.push(node);
    busPorts.set(node, clusterPort);
    return node;
  }

  const busPorts = new Map<LocalServer, number>();
  const idOf = async (node: LocalServer) => String(await askRedis(node.url, 'CLUSTER', 'MYID'));

  async function well(): Promise<void> {
    const giveUpAt = performance.now() + 20_000;
    for (;;) {
      const states = await Promise.all(servers.map((node) => stateOf(node)));
      if (states.every((state) => state === null || isWell(state))) return;
      if (performance.now() > giveUpAt) throw new Error(`the cluster is not well:\n${states.join('\n')}`);
      await sleep(50);
    }
  }
  const isWell = (state: string) =>
    state.includes('cluster_state:ok') &&
    state.includes(`cluster_slots_ok:${HASH_SLOTS}`) &&
    state.includes(`cluster_known_nodes:${servers.length}`);

  try {
    const masters: LocalServer[] = [];
    for (let index = 0; index < MASTERS; index += 1) {
      const node = await startNode();
      const [from, to] = [index, index + 1].map((third) => Math.ceil((third * HASH_SLOTS) / MASTERS));
      await askRedis(node.url, 'CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${Number(to) - 1}`);
      await askRedis(node.url, 'CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`);
      masters.push(node);
    }
    const replicas: LocalServer[] = [];
    for (let index = 0; hasReplicas && index < MASTERS; index += 1) replicas.push(await startNode());
    const [first] = masters;
    if (first === undefined) throw new Error('a cluster has masters');
    for (const node of servers.slice(1)) {
      await askRedis(first.url, 'CLUSTER', 'MEET', '127.0.0.1', `${node.port}`, `${busPorts.get(node)}`);
    }
    await well();
    for (const [index, replica] of replicas.entries()) {
      const master = masters[index] ?? first;
      await askRedis(replica.url, 'CLUSTER', 'REPLICATE', await idOf(master));
      await replicating(replica);
    }
    const credentials = password === undefined ? '' : `:${password}@`;
    const hosts = masters.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`);

    return {
      masters,
      replicas,
      url: `redis+cluster://${credentials}${hosts.join(',')}`,
      masterOf: async (key) => {
        const slot = Number(await askRedis(first.url, 'CLUSTER', 'KEYSLOT', key));
        return masters[Math.floor((slot * MASTERS) / HASH_SLOTS)] ?? first;
      },
      giveSlot: async (slot, to) => {
        const id = await idOf(to);
        for (const node of [to, ...masters.filter((each) => each !== to)]) {
          await askRedis(node.url, 'CLUSTER', 'SETSLOT', `${slot}`, 'NODE', id);
        }
      },
      idOf,
      well,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** null when it does not run. */
async function stateOf(node: LocalServer): Promise<string | null> {
  return askRedis(node.url, 'CLUSTER', 'INFO').then(String, () => null);
}

async function replicating(replica: LocalServer): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!String(await askRedis(replica.url, 'INFO', 'replication')).includes('master_link_status:up')) {
    if (performance.now() > giveUpAt) throw new Error('the replica does not follow its master');
    await sleep(50);
  }
}
