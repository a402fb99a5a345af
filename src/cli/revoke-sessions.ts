import { setTimeout as wait } from 'node:timers/promises';
import { endSessionsOfUser } from '../auth/end-sessions.js';
import type { EndingParts } from '../auth/finish-ending.js';
import { revokeAll } from '../auth/revoke-all.js';
import { type Arguments, UsageError } from './arguments.js';
import { askedUser, findAskedUser } from './asked-user.js';
import { endingWith } from './ending-with.js';
import { createProgress } from './progress.js';
import { type StoreCommand, withStores } from './with-stores.js';

/** Between two batches running gateways write their logins. */
const PAUSE_MS = 5;

/** `menjin sessions revoke`: ends those of a user, or all there are, and says so when they are gone. */
export function revokeSessions(given: Arguments, command: StoreCommand): Promise<number> {
  const asked = given.flags.has('all') ? everybody(given) : askedUser(given);
  return withStores(command, ['DATABASE_URL', 'SESSION_STORE_URL'], async (stores) => {
    const userId = asked === null ? null : await findAskedUser(stores.database, asked);
    const ended = await endingWith(stores, (parts) =>
      userId === null ? revokeEverybody(parts, command) : endSessionsOfUser(parts, userId, { by: 'operator' }),
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
