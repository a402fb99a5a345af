import { AppError } from '../errors.js';
import { isOpen } from '../sessions/session-rows.js';
import type { Sql } from '../sql/database.js';
import { findUser, type UserRow } from '../users/users.js';
import type { Viewer } from './viewer.js';

/**
 * Whether who asked is still the viewer: a process may remember a session for a second after it has ended. In a transaction
 * that has locked the viewer's user: whoever ends their sessions has done it before, or comes after it.
 *
 * @returns the viewer's user.
 * @throws AppError UNAUTHENTICATED
 */
export async function checkStillOpen(sql: Sql, { user, session }: Viewer): Promise<UserRow> {
  const found = await findUser(sql, user.id);
  if (found?.status === 'active' && (await isOpen(sql, session.id))) return found;
  throw new AppError('UNAUTHENTICATED', { detail: 'the session of the viewer has ended meanwhile' });
}
