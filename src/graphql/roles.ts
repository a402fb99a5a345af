import type { Viewer } from '../auth/viewer.js';
import { AppError } from '../errors.js';
import { DeadlineError, withDeadline } from '../lib/deadline.js';

/** What this viewer may be taken for, beyond being a viewer. */
export type Roles = (viewer: Viewer) => readonly string[] | Promise<readonly string[]>;

const TIMEOUT_MS = 5000;

/** Asks `roles` once, however often the roles of one request are wanted. */
export function rolesOfRequest(roles: Roles): (viewer: Viewer) => Promise<readonly string[]> {
  let asked: Promise<readonly string[]> | null = null;
  return (viewer) => {
    asked ??= ask(roles, viewer);
    return asked;
  };
}

/** @throws AppError SERVICE_UNAVAILABLE when `roles` does not answer within 5 s, and whatever it throws itself */
async function ask(roles: Roles, viewer: Viewer): Promise<readonly string[]> {
  try {
    const answer = await withDeadline(Promise.resolve(roles(viewer)), TIMEOUT_MS);
    if (!Array.isArray(answer)) throw new TypeError('roles must give a list');
    return answer;
  } catch (cause) {
    if (!(cause instanceof DeadlineError)) throw cause;
    throw new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds: 1, cause, detail: 'roles gave no answer' });
  }
}
