import { codeOf, type RedisClient, type RedisConnection } from './redis.js';
import { addressOf } from './redis-slots.js';

/** Where a node of a cluster says that a key is. */
export interface Redirection {
  readonly slot: number;
  /** `host:port` */
  readonly address: string;
  /** For this one call only: the key's slot is on its way there. */
  readonly isAsking: boolean;
}

/** What `MOVED 3999 127.0.0.1:6381` says, or ASK; null for any other error. */
export function redirectionIn(error: unknown, askedAddress: string): Redirection | null {
  const code = codeOf(error);
  if (code !== 'MOVED' && code !== 'ASK') return null;
  const [, slot, host = '', port] = /^[A-Z]+ (\d+) (.*):(\d+)$/.exec((error as Error).message) ?? [];
  if (port === undefined) return null;
  const askedHost = askedAddress.slice(0, askedAddress.lastIndexOf(':'));
  return { slot: Number(slot), address: addressOf(host, Number(port), askedHost), isAsking: code === 'ASK' };
}

/** A node takes a call for a key that is on its way there only right after ASKING. When another comes between, it says MOVED. */
export async function askAsking<T>({ ask }: RedisConnection, call: (client: RedisClient) => Promise<T>): Promise<T> {
  const [, answer] = await Promise.all([ask((client) => client.sendCommand(['ASKING'])), ask(call)]);
  return answer;
}

/** The node refuses everything, not only what nobody holds. */
export function isClusterDown(error: unknown): boolean {
  return codeOf(error) === 'CLUSTERDOWN' && /cluster is down/i.test((error as Error).message);
}
