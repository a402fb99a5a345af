import { AppError } from '../errors.js';
import type { App } from '../platforms/platform.js';

/** What a platform's codes look like. Anything else is refused before a call is made with it. */
const CODE = /^[A-Za-z0-9_.-]{1,128}$/;
const REQUEST_ID = /^[A-Za-z0-9_-]{16,64}$/;

/** WeChat DevTools hands out this constant instead of a code when a project has no appid. */
export const DEVTOOLS_CODE = 'the code is a mock one';

/** @throws AppError BAD_USER_INPUT, in words that do not repeat the code. */
export function checkCode(code: string, allowDevtoolsCode: boolean): void {
  if (CODE.test(code) || (allowDevtoolsCode && code === DEVTOOLS_CODE)) return;
  throw new AppError('BAD_USER_INPUT', {
    message: 'input.code is what wx.login gave: 1 to 128 of A-Z a-z 0-9 _ - .',
  });
}

/** @throws AppError BAD_USER_INPUT */
export function checkPhoneCode(code: string): void {
  if (CODE.test(code)) return;
  throw new AppError('BAD_USER_INPUT', {
    message: 'The code of a phone number is what its button gave: 1 to 128 of A-Z a-z 0-9 _ - .',
  });
}

/** @throws AppError BAD_USER_INPUT */
export function checkRequestId(requestId: string): void {
  if (REQUEST_ID.test(requestId)) return;
  throw new AppError('BAD_USER_INPUT', {
    message: 'input.requestId is a random name of this login: 16 to 64 of A-Z a-z 0-9 _ -',
  });
}

/** @throws AppError UNKNOWN_APP; BAD_USER_INPUT when none is named and there are several. */
export function chooseApp(apps: readonly App[], appid: string | null): App {
  if (appid !== null) {
    const named = apps.find((app) => app.appid === appid);
    if (named === undefined) throw new AppError('UNKNOWN_APP');
    return named;
  }
  const [only, ...others] = apps;
  if (only === undefined || others.length > 0) {
    throw new AppError('BAD_USER_INPUT', { message: 'input.appid is needed: this deployment has more than one app.' });
  }
  return only;
}

const MAX_DEVICE_LENGTH = 200;

/** What a list of sessions shows of a User-Agent: anybody may send anything. null when nothing is left of it. */
export function deviceOf(userAgent: string | null): string | null {
  const text = (userAgent ?? '').replace(/\p{Cc}/gu, '').trim();
  return text.slice(0, MAX_DEVICE_LENGTH) || null;
}
