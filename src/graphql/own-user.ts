import type { Viewer } from '../auth/viewer.js';
import { AppError } from '../errors.js';
import type { RequestContext } from './context.js';

/** Users whom this very request has logged in: it may have come without a token. */
const loggedInBy = new WeakMap<RequestContext, Set<string>>();

export function noteLoggedIn(context: RequestContext, { user }: Viewer): void {
  const ids = loggedInBy.get(context) ?? new Set();
  loggedInBy.set(context, ids.add(user.id));
}

/**
 * What is personal of a user is told to nobody else: a field of somebody's own may hand out any `User`.
 * @throws AppError FORBIDDEN
 */
export function checkOwnUser(context: RequestContext, user: Viewer['user']): void {
  if (loggedInBy.get(context)?.has(user.id) || context.viewer?.user.id === user.id) return;
  throw new AppError('FORBIDDEN', { message: 'Only the person may read this of a user.' });
}
