import type { Database } from '../sql/database.js';
import { type AskedOpenid, findByOpenid } from '../users/find-users.js';
import { resolveUser } from '../users/users.js';
import { type Arguments, UsageError } from './arguments.js';
import { CommandFailure } from './with-stores.js';

/** Whom a command is about. */
export type AskedUser = { readonly userId: string } | AskedOpenid;

/** @throws UsageError unless it is one, and only one; `nobody` when it is none */
export function askedUser(
  { options: { user, openid, appid } }: Pick<Arguments, 'options'>,
  nobody = 'Say whose sessions: --user <id> or --openid <openid>.',
): AskedUser {
  if (user !== undefined && openid !== undefined) throw new UsageError('Give --user or --openid, not both.');
  if (appid !== undefined && openid === undefined) throw new UsageError('The option --appid goes with --openid.');
  if (user !== undefined) return { userId: user };
  if (openid !== undefined) return { openid, appid: appid ?? null };
  throw new UsageError(nobody);
}

/**
 * The id of the user; of one who was merged, the id of who they are now.
 * @throws CommandFailure when there is none, or more than one; AppError SERVICE_UNAVAILABLE
 */
export async function findAskedUser(database: Database, asked: AskedUser): Promise<string> {
  if ('userId' in asked) {
    const user = await database.query((sql) => resolveUser(sql, asked.userId));
    if (user !== null) return user.id;
    throw new CommandFailure('There is no user of this id.');
  }
  const found = await database.query((sql) => findByOpenid(sql, asked));
  const [userId, ...others] = new Set(found.map((identity) => identity.userId));
  if (userId === undefined) throw new CommandFailure('Nobody with this openid has logged in.');
  if (others.length === 0) return userId;
  const appids = [...new Set(found.map((identity) => identity.appid))];
  if (appids.length > 1)
    throw new CommandFailure(`Several users have this openid: add --appid, one of ${appids.join(', ')}.`);
  throw new CommandFailure(`Several users have this openid: take one by --user ${[userId, ...others].join(', ')}.`);
}
