import { withDeadline } from './lib/deadline.js';
import { type Redis, type RedisClient, withCode } from './redis.js';

export interface Subscription {
  close(): Promise<void>;
}

export interface SubscriptionEvents {
  /** Once, when a Redis that answers others will not have it. */
  readonly onRefused?: (error: unknown) => void;
  /** Once, when it hears again after that. */
  readonly onBack?: () => void;
}

const WAIT_MS = 500;
/** It will go on refusing until somebody changes its settings. */
const REFUSED_WAIT_MS = 5000;

/**
 * Hears what is published on a channel, on a connection of its own that is made again for as long as it is not closed.
 * What is published while there is none is missed.
 */
export function subscribe(
  redis: Redis,
  channel: string,
  hear: (message: string) => void,
  { onRefused, onBack }: SubscriptionEvents = {},
  timeoutMs = 2000,
): Subscription {
  let isClosed = false;
  let isRefused = false;
  let timer: NodeJS.Timeout | undefined;
  let leave = (): void => undefined;

  function refuse(error: unknown): void {
    if (isRefused || isClosed) return;
    isRefused = true;
    onRefused?.(withCode(error));
  }
  function settle(): void {
    if (!isRefused) return;
    isRefused = false;
    onBack?.();
  }

  /** Resolves when the connection is lost, or there was no server to make one to. */
  async function listen(): Promise<void> {
    const source = redis.connections().find((connection) => connection.isReachable());
    if (source === undefined) return;
    const { socket } = source.client.options;
    // Where to is decided each time: another node of a cluster will do.
    const client = source.client.duplicate({ socket: { ...socket, reconnectStrategy: false } } as object);
    const left = new Promise<unknown>((resolve) => {
      leave = () => resolve(null);
    });
    const lost = new Promise<unknown>((resolve) => void client.on('error', resolve));
    try {
      await Promise.race([withDeadline(start(client), timeoutMs), left]);
      if (isClosed) return;
      settle();
      await Promise.race([lost, left]);
    } finally {
      // What is still connecting must not keep the process.
      client.unref();
      if (client.isOpen) client.destroy();
    }
  }

  async function start(client: RedisClient): Promise<void> {
    await client.connect();
    await client.subscribe(channel, hear);
  }

  async function keepListening(): Promise<void> {
    timer = undefined;
    await listen().catch(refuse);
    if (isClosed) return;
    const waitMs = (isRefused ? REFUSED_WAIT_MS : WAIT_MS) * (0.5 + Math.random() / 2);
    timer = setTimeout(() => {
      listening = keepListening();
    }, waitMs).unref();
  }
  let listening = keepListening();

  return {
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      leave();
      await listening;
    },
  };
}
