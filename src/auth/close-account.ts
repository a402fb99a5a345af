import { recordEvent } from '../audit/record-event.js';
import { AppError } from '../errors.js';
import { countLiveEnded, type Ending, markEndedOfPerson } from '../sessions/session-ends.js';
import type { Sql } from '../sql/database.js';
import { lockUser } from '../sql/locks.js';
import {
  deleteIdentities,
  findByKey,
  findIdentitiesOf,
  type IdentityKey,
  lockIdentityKey,
} from '../users/identities.js';
import { changeUser, NOTHING_KNOWN } from '../users/users.js';
import { createExchange } from './exchange.js';
import { finishEnding } from './finish-ending.js';
import type { ByCodeParts } from './link-identity.js';
import { checkCode } from './login-input.js';
import { checkStillOpen } from './still-open.js';
import type { Viewer } from './viewer.js';

export interface CloseAccountInput {
  /** Of the app that the viewer is signed in through, and of an identity of theirs. */
  readonly code: string;
  /** Whom login limits count. */
  readonly addressBlock: string;
}

/**
 * Ends the viewer's user for good: all sessions, all identities, and what was known of the person. The id stays, and names
 * nobody who can log in; the next login of one of the identities makes another user.
 *
 * It cannot be sent again: the code is used up. What an answer of SERVICE_UNAVAILABLE leaves open the sweep finishes, and
 * the token says: UNAUTHENTICATED means that it has happened.
 *
 * @throws AppError FORBIDDEN when the code is of somebody else, UNAUTHENTICATED, SERVICE_UNAVAILABLE, and as a login does.
 */
export type CloseAccount = (viewer: Viewer, input: CloseAccountInput) => Promise<void>;

export function createCloseAccount(parts: ByCodeParts): CloseAccount {
  const { database, apps, limitLogins, allowDevtoolsCode } = parts;
  const { exchange } = createExchange(parts);

  return async (viewer, { code, addressBlock }) => {
    checkCode(code, allowDevtoolsCode);
    const { tenant, platform, appid } = viewer;
    const app = apps.find((each) => each.platform === platform && each.appid === appid);
    if (app === undefined) throw new AppError('UNKNOWN_APP');
    await limitLogins({ addressBlock, app });
    // Before the code is spent.
    await database.query((sql) => checkStillOpen(sql, viewer));
    const { openid } = await exchange(app, code);
    const key = { tenant, platform, appid, openid };
    const endings = await database.transaction((sql, now) => close(sql, now, viewer, key));
    await finishEnding(parts, endings);
  };
}

async function close(sql: Sql, now: number, viewer: Viewer, key: IdentityKey): Promise<Ending[]> {
  const userId = viewer.user.id;
  await lockIdentityKey(sql, key);
  await lockUser(sql, userId);
  const user = await checkStillOpen(sql, viewer);
  const identity = await findByKey(sql, key);
  if (identity?.user.id !== userId) {
    throw new AppError('FORBIDDEN', { message: 'The code is of an identity that does not belong to the viewer.' });
  }
  const identityIds = (await findIdentitiesOf(sql, userId)).map(({ id }) => id);
  // Before the marks: whoever opens a session of theirs has done it before, or finds nothing to open it with.
  await deleteIdentities(sql, identityIds);
  // A login by their password that is under way rests on its version.
  const passwordVersion = user.passwordVersion + 1;
  await changeUser(sql, userId, { ...NOTHING_KNOWN, status: 'closed', passwordVersion });
  const endings = await markEndedOfPerson(sql, now, { userId, identityIds }, 'closed');
  await recordEvent(sql, now, {
    type: 'account_closed',
    ...{ userId, sessionId: viewer.session.id, appid: key.appid, openid: key.openid },
    details: { identities: identityIds.length, sessionsEnded: countLiveEnded(endings) },
  });
  return endings;
}
