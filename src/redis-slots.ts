import { withDeadline } from './lib/deadline.js';
import { HASH_SLOTS } from './lib/hash-slot.js';
import { connectRedis, RedisUnreachableError } from './redis.js';

/** `host:port` of the node that holds a slot, by the slot's number; undefined where nobody does. */
export type SlotOwners = (string | undefined)[];

/**
 * Asks one node which node holds what, on a connection of its own.
 *
 * @param signal ends it early
 * @throws RedisUnreachableError when it is no node of a cluster, what it refused with, or DeadlineError
 */
export async function readSlotOwners(url: string, timeoutMs: number, signal: AbortSignal): Promise<SlotOwners> {
  let refuse: (error: unknown) => void = () => undefined;
  const refused = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  const connection = connectRedis(url, { onLost: refuse }, timeoutMs);
  signal.addEventListener('abort', () => refuse(signal.reason), { once: true });
  const ready = new Promise<void>((resolve) => connection.client.once('ready', resolve));
  const read = ready.then(() => connection.ask((client) => client.clusterSlots()));
  try {
    const ranges = await withDeadline(Promise.race([read, refused]), timeoutMs);
    const owners: SlotOwners = new Array<string | undefined>(HASH_SLOTS).fill(undefined);
    for (const { from, to, master } of ranges) {
      owners.fill(addressOf(master.host, master.port, new URL(url).hostname), from, to + 1);
    }
    if (ranges.length === 0) throw new RedisUnreachableError('it holds no part of a cluster');
    return owners;
  } finally {
    await connection.close();
  }
}

/** A node that does not know its own host tells none: it is where it was asked. */
export function addressOf(host: string | null, port: number, askedHost: string): string {
  const isKnown = host !== null && host !== '' && host !== '?';
  if (!isKnown) return `${askedHost}:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
