import { AppError } from '../errors.js';

const MAX_NICKNAME_LENGTH = 64;
const MAX_AVATAR_URL_LENGTH = 2048;

/** Nobody could type it, and a database may refuse it: control characters, and halves of surrogate pairs. */
const UNTYPABLE = /[\p{Cc}\p{Cs}]/u;

/**
 * A nickname as it is kept: trimmed, in NFC.
 * @throws AppError BAD_USER_INPUT
 */
export function parseNickname(typed: string): string {
  const nickname = typed.trim().normalize('NFC');
  const length = [...nickname].length;
  if (length >= 1 && length <= MAX_NICKNAME_LENGTH && !UNTYPABLE.test(nickname)) return nickname;
  throw new AppError('BAD_USER_INPUT', {
    message: `input.nickname is 1 to ${MAX_NICKNAME_LENGTH} characters of any script, none of them a control character.`,
  });
}

/** @throws AppError BAD_USER_INPUT */
export function parseAvatarUrl(typed: string): string {
  const isWritten = typed.length <= MAX_AVATAR_URL_LENGTH && /^https:\/\/\S+$/i.test(typed) && !UNTYPABLE.test(typed);
  if (isWritten && URL.canParse(typed)) return typed;
  throw new AppError('BAD_USER_INPUT', {
    message: `input.avatarUrl is an https URL of at most ${MAX_AVATAR_URL_LENGTH} characters.`,
  });
}
