import { setTimeout as wait } from 'node:timers/promises';
import type { EndingParts } from '../auth/finish-ending.js';
import type { Stores } from '../stores.js';

/** A Redis is connected to in the background. */
const PATIENCE_MS = 3_000;
const ASK_AGAIN_MS = 50;

/** What gateways do with their own: they hear of these ends, too. */
export async function endingWith<T>(stores: Stores, work: (parts: EndingParts) => Promise<T>): Promise<T> {
  const { database, sessionStore, redis, checks } = stores;
  await answering(stores);
  if (redis === null) return work({ database, sessionStore });
  const { createEndedChannel } = await import('../sessions/ended-channel.js');
  const channel = createEndedChannel(redis, { onEnded: () => undefined });
  try {
    return await work({ database, sessionStore, forget: channel.publish });
  } finally {
    // Redis answers in order: after this what was published is out.
    await checks.sessions?.().catch(() => undefined);
    await channel.close();
  }
}

/** @throws what the session store said last, when it does not come within three seconds */
async function answering({ checks }: Stores): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await checks.sessions?.();
      return;
    } catch (error) {
      if (performance.now() >= giveUpAt) throw error;
    }
    await wait(ASK_AGAIN_MS);
  }
}
