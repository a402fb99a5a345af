import { recordEvent } from '../audit/record-event.js';
import { AppError } from '../errors.js';
import { markEndedOfIdentities } from '../sessions/session-ends.js';
import { lockUser } from '../sql/locks.js';
import { deleteIdentities, findIdentitiesOf, findIdentity } from '../users/identities.js';
import { type EndingParts, finishEnding } from './finish-ending.js';
import { checkStillOpen } from './still-open.js';
import type { Viewer } from './viewer.js';

/**
 * Takes one of their identities from the viewer's user and ends all sessions that were opened through it, whoever they act
 * as. The same again, after an answer was lost, ends what was not ended yet. An id that is none of theirs does nothing.
 *
 * @throws AppError LAST_IDENTITY, UNAUTHENTICATED; SERVICE_UNAVAILABLE when it may or may not have happened: the same again
 *   settles it.
 */
export type UnlinkIdentity = (viewer: Viewer, identityId: string) => Promise<void>;

/** What ids of identities look like. Anything else names none. */
const IDENTITY_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function createUnlinkIdentity(parts: EndingParts): UnlinkIdentity {
  return async (viewer, identityId) => {
    if (!IDENTITY_ID.test(identityId)) return;
    const userId = viewer.user.id;
    const endings = await parts.database.transaction(async (sql, now) => {
      await lockUser(sql, userId);
      const identities = await findIdentitiesOf(sql, userId);
      const identity = identities.find(({ id }) => id === identityId);
      if (identity === undefined) {
        // Somebody else's goes on. One that is no more may have left sessions whose end was not finished.
        const isSomebodys = (await findIdentity(sql, identityId)) !== null;
        return isSomebodys ? [] : markEndedOfIdentities(sql, now, [identityId], 'unlinked');
      }
      await checkStillOpen(sql, viewer);
      if (identities.length === 1) throw new AppError('LAST_IDENTITY');
      // Before the mark: whoever opens a session through it has done it before, or does not find it.
      await deleteIdentities(sql, [identityId]);
      const { appid, openid } = identity;
      await recordEvent(sql, now, {
        type: 'identity_unlinked',
        ...{ userId, sessionId: viewer.session.id, appid, openid },
        details: { identityId },
      });
      return markEndedOfIdentities(sql, now, [identityId], 'unlinked');
    });
    await finishEnding(parts, endings);
  };
}
