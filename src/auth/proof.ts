import { AppError } from '../errors.js';
import type { EndReason, SessionRow } from '../sessions/session-rows.js';
import type { Sql } from '../sql/database.js';
import { findIdentity, type Identity, type User } from '../users/identities.js';
import { findUser } from '../users/users.js';
import type { WantedOwner } from './record-exchange.js';

/** An account whose password was right, for a login as its user. */
export interface Account {
  readonly username: string;
  readonly user: User;
  /** The password's: it may have been changed when the login gets to its commit point. */
  readonly passwordVersion: number;
  /** What the phone's identity becomes: the account's, or null: it stays whose it is. */
  readonly owner: WantedOwner | null;
}

/** Why a login must not be answered. */
export interface BrokenProof {
  /** Of the end of its row. */
  readonly reason: EndReason;
  readonly refusal: AppError;
}

/**
 * What a login rests on, read again: its identity is there and belongs to the session's user, or the password it was given
 * is still that user's; and nobody of them is banned. Under the locks of both.
 *
 * @returns null when all of it holds
 */
export async function brokenProof(sql: Sql, row: SessionRow): Promise<BrokenProof | null> {
  const identity = await findIdentity(sql, row.identityId);
  const user = await findUser(sql, row.userId);
  if (identity === null || user === null) return broken('identity moved');
  if (user.status === 'banned') return broken('banned', user.id);
  if (identity.user.status === 'banned') return broken('banned', identity.user.id);
  if (row.passwordVersion === null) return identity.user.id === user.id ? null : broken('identity moved');
  const isSamePassword = user.status === 'active' && user.passwordVersion === row.passwordVersion;
  return isSamePassword ? null : broken('password changed');
}

/** Whom the session of this row acts as. */
export async function sessionUser(sql: Sql, row: SessionRow, identity: Identity): Promise<User> {
  if (row.passwordVersion === null) return identity.user;
  const user = await findUser(sql, row.userId);
  if (user === null) throw new Error('the user of a session is not there');
  return user;
}

function broken(reason: 'identity moved' | 'banned' | 'password changed', userId?: string): BrokenProof {
  const detail = `before the commit point of the login: ${reason}`;
  if (reason === 'banned')
    return { reason, refusal: new AppError('USER_BLOCKED', { detail, log: { userId: userId ?? null } }) };
  if (reason === 'password changed') return { reason, refusal: new AppError('WRONG_CREDENTIALS', { detail }) };
  return { reason, refusal: new AppError('CODE_INVALID', { reason: 'USED', detail }) };
}
