import { recordEvent } from '../audit/record-event.js';
import { AppError } from '../errors.js';
import type { App } from '../platforms/platform.js';
import type { Database } from '../sql/database.js';
import { lockUser } from '../sql/locks.js';
import { parseAvatarUrl, parseNickname } from '../users/profile.js';
import { changeUser, findUser, type UserChange } from '../users/users.js';
import type { MsgSecCheck } from '../wechat/msg-sec-check.js';
import { chooseApp } from './login-input.js';
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
 * @throws AppError BAD_USER_INPUT (`reason` RISKY when WeChat was asked and would not show the nickname), UNAUTHENTICATED,
 *   SERVICE_UNAVAILABLE (send the same again); as a call to WeChat does, when nicknames are checked.
 */
export type UpdateProfile = (viewer: Viewer, input: UpdateProfileInput) => Promise<void>;

export interface UpdateProfileParts {
  readonly database: Database;
  readonly apps: readonly App[];
  /** null: nicknames are not checked. */
  readonly checkText: MsgSecCheck | null;
}

export function createUpdateProfile({ database, apps, checkText }: UpdateProfileParts): UpdateProfile {
  async function checkNickname({ user, appid, openid }: Viewer, nickname: string, check: MsgSecCheck): Promise<void> {
    const known = await database.query((sql) => findUser(sql, user.id));
    if (known?.nickname === nickname) return;
    const text = { openid, content: nickname, nickname, scene: 'profile' } as const;
    const { suggest } = await check(chooseApp(apps, appid), text);
    if (suggest !== 'risky') return;
    const message = 'WeChat would not show this nickname to others. Choose another one.';
    throw new AppError('BAD_USER_INPUT', { reason: 'RISKY', message });
  }

  return async (viewer, { nickname, avatarUrl }) => {
    const wanted: UserChange = {
      ...(nickname !== undefined && { nickname: nickname === null ? null : parseNickname(nickname) }),
      ...(avatarUrl !== undefined && { avatarUrl: avatarUrl === null ? null : parseAvatarUrl(avatarUrl) }),
    };
    if (checkText !== null && typeof wanted.nickname === 'string')
      await checkNickname(viewer, wanted.nickname, checkText);
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
