import { createClient, ErrorReply } from '@redis/client';
import { DeadlineError, withDeadline } from './lib/deadline.js';
import { watchReplacement } from './redis-replacement.js';

export type RedisClient = ReturnType<typeof clientFor>;

/** A Redis, or a cluster of them. */
export interface Redis {
  readonly isCluster: boolean;
  /**
   * Makes one call with the client it is handed, and waits for its answer within the deadline. What was given up may still
   * be done: nothing may rest on its not happening. In a cluster the client leads to the node that holds `key`, the only
   * key the call may name; it is made again where that node says the key has gone. Without a key any node will do.
   *
   * @throws what the call threw; DeadlineError; RedisUnreachableError, at once, while Redis is known not to answer.
   */
  ask<T>(call: (client: RedisClient) => Promise<T>, key?: string): Promise<T>;
  /** false: a call now would be refused without being made, whatever its key. */
  isReachable(): boolean;
  /** One for each node that holds keys. */
  connections(): readonly RedisConnection[];
  close(): Promise<void>;
}

/** One connection to a Redis, kept up in the background for as long as it is not closed. */
export interface RedisConnection extends Redis {
  /** For libraries that send commands themselves. Every call of theirs goes through `ask`. */
  readonly client: RedisClient;
}

/** All of it, or what a cluster can lose of itself: a node, or the owner of some keys. */
export type LostPart = 'all' | 'a node' | 'some keys';

export interface RedisEvents {
  /** Once, when it stops answering or does not at the beginning. What is lost in addition, before it is back, is not told. */
  readonly onLost?: (error: unknown, part: LostPart) => void;
  /** Once, when it answers again. */
  readonly onBack?: () => void;
  /** After a reconnect, when another server answers, or the same in another role: what was deleted may be there again. */
  readonly onReplaced?: () => void;
}

export class RedisUnreachableError extends Error {
  override readonly name = 'RedisUnreachableError';
}

const MAX_RECONNECT_WAIT_MS = 1000;
const MAX_WAITING_COMMANDS = 10_000;
/** To leave breaks off the calls under way, of which the reads would have been answered. */
const LEAVE_REPLICA_EVERY_MS = 2000;

/**
 * Does not wait for Redis: it may come later.
 *
 * @param url `redis:` or `rediss:`
 */
export function connectRedis(
  url: string,
  { onLost, onBack, onReplaced }: RedisEvents = {},
  timeoutMs = 1000,
): RedisConnection {
  const client = clientFor(url, timeoutMs);
  const replacement = onReplaced === undefined ? null : watchReplacement(client, onReplaced);
  let isClosed = false;
  // A command that was sent and not answered. Redis answers in order, so the next one would only wait behind it.
  let isSilent = false;
  // It is there and of no use: it loads, or wants a password that we do not have. Pings tell when that is over.
  let isRefusing = false;
  let isLost = false;
  let leftReplicaAt = Number.NEGATIVE_INFINITY;

  function lose(error: unknown): void {
    isRefusing ||= error instanceof ErrorReply;
    if (isLost || isClosed) return;
    isLost = true;
    onLost?.(withCode(error), 'all');
  }
  function hear(): void {
    isSilent = false;
    isRefusing = false;
    replacement?.answered();
    if (!isLost || !client.isReady) return;
    isLost = false;
    onBack?.();
  }
  /** A refusal is an answer too; what it is worth the next ping tells. */
  function hearRefusal(error: unknown): void {
    if (error instanceof ErrorReply) isSilent = false;
  }

  client.on('error', lose);
  client.on('ready', () => {
    isSilent = false;
    replacement?.connected();
    client.ping().then(hear, lose);
  });
  client.on('ping-interval', hear);
  const connect = () => void client.connect().catch(lose);
  connect();

  /** After a fail-over the name leads to another server, and this connection still to the one that is now a replica. */
  function leaveReplica(): void {
    const at = performance.now();
    if (isClosed || !client.isReady || at - leftReplicaAt < LEAVE_REPLICA_EVERY_MS) return;
    leftReplicaAt = at;
    client.destroy();
    connect();
  }

  const isReachable = () => client.isReady && !isSilent && !isRefusing;

  const connection: RedisConnection = {
    client,
    isCluster: false,
    isReachable,
    connections: () => [connection],
    ask: async (call) => {
      if (!isReachable())
        throw new RedisUnreachableError(client.isReady ? 'it does not answer, or refuses' : 'not connected');
      const answer = call(client);
      // Also when it comes too late for its caller.
      answer.then(hear, hearRefusal);
      try {
        return await withDeadline(answer, timeoutMs);
      } catch (error) {
        if (error instanceof DeadlineError && client.isReady) {
          isSilent = true;
          lose(error);
        }
        if (codeOf(error) === 'READONLY') leaveReplica();
        throw withCode(error);
      }
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      // What is still connecting must not keep the process.
      client.unref();
      if (client.isOpen) client.destroy();
    },
  };
  return connection;
}

// createClient makes a class of all commands whenever its options are unlike the last ones: some 15 ms in which nothing else
// is done, and a cluster that is unwell makes three clients a second. Copies share the class.
const template = createClient();

function clientFor(url: string, timeoutMs: number) {
  return template.duplicate({
    url,
    // Else a call waits in memory until Redis is back, and is made long after its caller has given up.
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING_COMMANDS,
    // Together they notice a connection that died without a word: the time-out counts from the last byte, and is not over
    // when this process has done nothing for three seconds. What came meanwhile would not save it: timers run first.
    pingInterval: timeoutMs / 2,
    socket: {
      connectTimeout: timeoutMs,
      socketTimeout: 4 * timeoutMs,
      // Its own strategy gives up for good after a socket's time-out.
      reconnectStrategy: (attempts) => Math.min(50 * 2 ** attempts, MAX_RECONNECT_WAIT_MS) * (0.8 + Math.random() / 5),
    },
  });
}

/** The first word of an error reply: READONLY, OOM, WRONGTYPE, LOADING, NOAUTH ...; null for any other error. */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof ErrorReply)) return null;
  return /^[A-Z]+(?= )/.exec(error.message)?.[0] ?? null;
}

/** The log shows an error's code, and never the message of a foreign one. */
export function withCode(error: unknown): unknown {
  const code = codeOf(error);
  return code === null ? error : Object.assign(error as Error, { code });
}
