import { codeOf, type Redis } from '../redis.js';
import { type SubscriptionEvents, subscribe } from '../redis-subscriber.js';

/** Tells other processes which sessions have ended, so that they need not wait until they ask their store again. */
export interface EndedChannel {
  /** Returns at once and never throws: what is not heard is noticed within a second all the same. */
  publish(tokenHashes: readonly string[]): void;
  close(): Promise<void>;
}

export interface EndedChannelEvents extends SubscriptionEvents {
  /** Hashes of tokens whose sessions have ended, in this process or another. */
  readonly onEnded: (tokenHashes: readonly string[]) => void;
}

const CHANNEL = 'menjin:ended';
const MAX_WAITING = 10_000;
const MAX_HASHES = 500;
const HASHES = /^[0-9a-f]{64}(?: [0-9a-f]{64})*$/;

/** Over the Redis where sessions live. */
export function createEndedChannel(redis: Redis, { onEnded, onRefused, onBack }: EndedChannelEvents): EndedChannel {
  const waiting = new Set<string>();
  let isSending = false;
  const refused = new Set<'publish' | 'subscribe'>();

  const subscription = subscribe(
    redis,
    CHANNEL,
    (message) => {
      const tokenHashes = parseMessage(message);
      if (tokenHashes !== null) onEnded(tokenHashes);
    },
    { onRefused: (error) => refuse('subscribe', error), onBack: () => settle('subscribe') },
  );

  /** One message at a time: what ends meanwhile goes into the next. */
  async function send(): Promise<void> {
    isSending = true;
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, MAX_HASHES);
      for (const tokenHash of batch) waiting.delete(tokenHash);
      try {
        await redis.ask((client) => client.publish(CHANNEL, batch.join(' ')));
        settle('publish');
      } catch (error) {
        // Not sent again: by then the others have noticed. Of a Redis that does not answer its connection tells.
        if (codeOf(error) !== null) refuse('publish', error);
      }
    }
    isSending = false;
  }

  function refuse(call: 'publish' | 'subscribe', error: unknown): void {
    const isFirst = refused.size === 0;
    refused.add(call);
    if (isFirst) onRefused?.(error);
  }
  function settle(call: 'publish' | 'subscribe'): void {
    if (refused.delete(call) && refused.size === 0) onBack?.();
  }

  return {
    publish: (tokenHashes) => {
      for (const tokenHash of tokenHashes) if (waiting.size < MAX_WAITING) waiting.add(tokenHash);
      if (!isSending) void send();
    },
    close: () => subscription.close(),
  };
}

/** null when it is not one of ours. */
function parseMessage(message: string): readonly string[] | null {
  const isOurs = message.length < MAX_HASHES * 65 && HASHES.test(message);
  return isOurs ? message.split(' ') : null;
}
