import { banUser, unbanUser } from '../auth/ban-user.js';
import type { Arguments } from './arguments.js';
import { askedUser, findAskedUser } from './asked-user.js';
import { endingWith } from './ending-with.js';
import { CommandFailure, type StoreCommand, withStores } from './with-stores.js';

const WHO = 'Say who: --user <id> or --openid <openid>.';
const CLOSED = 'This user closed their account: there is nobody to ban.';

/** `menjin users ban`: refuses every login of a user, and ends all their sessions. */
export function ban(given: Arguments, command: StoreCommand): Promise<number> {
  const asked = askedUser(given, WHO);
  return withStores(command, ['DATABASE_URL', 'SESSION_STORE_URL'], async (stores) => {
    const userId = await findAskedUser(stores.database, asked);
    const banned = await endingWith(stores, (parts) => banUser(parts, userId));
    if (banned === null) throw new CommandFailure(CLOSED);
    const { was, sessionsEnded } = banned;
    const sessions = sessionsEnded === 1 ? '1 session' : `${sessionsEnded} sessions`;
    command.out.write(`${banned.userId} ${was ? 'was banned before' : 'is banned'}: ${sessions} ended.\n`);
    return 0;
  });
}

/** `menjin users unban`: logins of a user are welcome again. */
export function unban(given: Arguments, command: StoreCommand): Promise<number> {
  const asked = askedUser(given, WHO);
  return withStores(command, ['DATABASE_URL'], async ({ database }) => {
    const userId = await findAskedUser(database, asked);
    const unbanned = await unbanUser({ database }, userId);
    if (unbanned === null) throw new CommandFailure(CLOSED);
    command.out.write(`${unbanned.userId} ${unbanned.was ? 'is not banned any more' : 'was not banned'}.\n`);
    return 0;
  });
}
