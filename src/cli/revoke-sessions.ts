import { setTimeout as wait } from 'node:timers/promises';
import { endSessionsOfUser } from '../auth/end-sessions.js';
import type { EndingParts } from '../auth/finish-ending.js';
import { revokeAll } from '../auth/revoke-all.js';
import type { Stores } from '../stores.js';
import { type Arguments, UsageError } from './arguments.js';
import { askedUser, findAskedUser } from './asked-user.js';
import { createProgress } from './progress.js';
import { type StoreCommand, withStores } from './with-stores.js';

/** A Redis is connected to in the background. */
const PATIENCE_MS = 3_000;
const ASK_AGAIN_MS = 50;
/** Between two batches running gateways write their logins. */
const PAUSE_MS = 5;

/** `menjin sessions revoke`: ends those of a user, or all there are, and says so when they are gone. */
export function revokeSessions(given: Arguments, command: StoreCommand): Promise<number> {
  const asked = given.flags.has('all') ? everybody(given) : askedUser(given);
  return withStores(command, ['DATABASE_URL', 'SESSION_STORE_URL'], async (stores) => {
    const userId = asked === null ? null : await findAskedUser(stores.database, asked);
    const ended = await endingWith(stores, (parts) =>
      userId === null ? revokeEverybody(parts, command) : endSessionsOfUser(parts, userId),
    );
    command.out.write(`${countOf(ended)} ended.\n`);
    return 0;
  });
}

function everybody({ flags, options }: Arguments): null {
  if (Object.keys(options).length > 0) throw new UsageError('The option --all stands alone, with --yes.');
  if (flags.has('yes')) return null;
  throw new UsageError('This ends every session, and everybody has to log in again: if it is meant, add --yes.');
}

/** What gateways do with their own: they hear of these ends, too. */
async function endingWith<T>(stores: Stores, work: (parts: EndingParts) => Promise<T>): Promise<T> {
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

function revokeEverybody(parts: EndingParts, { err }: StoreCommand): Promise<number> {
  const say = createProgress(err);
  return revokeAll(parts, async (ended) => {
    say(() => `${countOf(ended)} ended ...`);
    await wait(PAUSE_MS);
  });
}

function countOf(sessions: number): string {
  return sessions === 1 ? '1 session' : `${sessions} sessions`;
}
