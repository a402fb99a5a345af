import { recordEvent } from '../audit/record-event.js';
import type { Database } from '../sql/database.js';
import { lockUser } from '../sql/locks.js';
import { parseAvatarUrl, parseNickname } from '../users/profile.js';
import { changeUser, type UserChange } from '../users/users.js';
import { checkStillOpen } from './still-open.js';
import type { Viewer } from './viewer.js';

/** What is absent stays as it is; null takes it away. */
export interface UpdateProfileInput {
  readonly nickname?: string | null | undefined;
  readonly avatarUrl?: string | null | undefined;
}

/**
 * Keeps what the viewer says of themselves. Nobody verifies it. The same again changes nothing.
 *
 * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, SERVICE_UNAVAILABLE (send the same again).
 */
export type UpdateProfile = (viewer: Viewer, input: UpdateProfileInput) => Promise<void>;

export function createUpdateProfile({ database }: { database: Database }): UpdateProfile {
  return async (viewer, { nickname, avatarUrl }) => {
    const wanted: UserChange = {
      ...(nickname !== undefined && { nickname: nickname === null ? null : parseNickname(nickname) }),
      ...(avatarUrl !== undefined && { avatarUrl: avatarUrl === null ? null : parseAvatarUrl(avatarUrl) }),
    };
    const { appid, openid, session } = viewer;
    const userId = viewer.user.id;
    await database.transaction(async (sql, now) => {
      await lockUser(sql, userId);
      const user = await checkStillOpen(sql, viewer);
      const fields = (['nickname', 'avatarUrl'] as const).filter(
        (field) => wanted[field] !== undefined && wanted[field] !== user[field],
      );
      if (fields.length === 0) return;
      await changeUser(sql, userId, wanted);
      const who = { userId, sessionId: session.id, appid, openid };
      await recordEvent(sql, now, { type: 'profile_changed', ...who, details: { fields } });
    });
  };
}
