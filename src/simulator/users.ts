import { createHash } from 'node:crypto';

/** A person with a phone, as one app sees them. */
export interface SimulatedUser {
  readonly username: string;
  readonly openid: string;
  /** `null`: WeChat leaves the unionid out for this person. */
  readonly unionid: string | null;
}

export interface SimulatedUserOptions {
  /** What the simulator calls this person; WeChat has no such name. */
  username: string;
  /** @default derived from the username and the appid */
  openid?: string;
  /** @default null; `true` derives one from the username, the same under every appid */
  unionid?: string | true | null;
}

/** Who DevTools' constant code logs in. There is one in every simulator. */
export const DEVTOOLS_USERNAME = 'devtools';

export const defaultUsers: readonly SimulatedUserOptions[] = [
  { username: 'alice' },
  { username: 'bob' },
  { username: 'carol', unionid: true },
  { username: DEVTOOLS_USERNAME },
];

/** WeChat's ids have 28 characters, `o` first. Derived, so that alice is the same person after a restart. */
function deriveId(...of: string[]): string {
  return `o${createHash('sha256').update(JSON.stringify(of)).digest('base64url').slice(0, 27)}`;
}

function simulateUser(appid: string, { username, openid, unionid = null }: SimulatedUserOptions): SimulatedUser {
  return Object.freeze({
    username,
    openid: openid ?? deriveId('openid', appid, username),
    unionid: unionid === true ? deriveId('unionid', username) : unionid,
  });
}

/** @throws TypeError when a username is empty, or two users share a username or an openid */
export function simulateUsers(appid: string, options: readonly SimulatedUserOptions[]): readonly SimulatedUser[] {
  const hasDevtools = options.some((user) => user.username === DEVTOOLS_USERNAME);
  const everyone = hasDevtools ? options : [...options, { username: DEVTOOLS_USERNAME }];
  const users = everyone.map((user) => simulateUser(appid, user));
  if (users.some((user) => user.username === '')) throw new TypeError('a simulated user needs a username');
  for (const id of ['username', 'openid'] as const) {
    if (new Set(users.map((user) => user[id])).size < users.length) {
      throw new TypeError(`two simulated users have the same ${id}`);
    }
  }
  return Object.freeze(users);
}
