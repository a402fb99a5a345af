import { randomBytes } from 'node:crypto';
import { createCodeTable } from './codes.js';
import { DEVTOOLS_USERNAME, type SimulatedUser } from './users.js';

/** What `wx.login` returns in DevTools when the project has no real appid: always this, and it is never used up. */
const DEVTOOLS_CODE = 'the code is a mock one';

/** A success as WeChat writes it: no errcode, and a unionid only for who has one. */
export interface WechatSession {
  readonly session_key: string;
  readonly openid: string;
  readonly unionid?: string;
}

/** The users' phones, and what WeChat remembers of their logins. */
export interface Phones {
  /**
   * `wx.login` on this person's phone: a new code. It replaces their session_key.
   *
   * @throws Error with the users there are, when this is none of them
   */
  login(username: string): string;
  exchange(code: string): WechatSession | 'used' | 'invalid';
}

// WeChat may replace the key at any wx.login; here it always does, so that whoever relies on the old one finds out.
function createSessionKey(): string {
  return randomBytes(16).toString('base64');
}

export function createPhones(users: readonly SimulatedUser[], now: () => number): Phones {
  const usersByName = new Map(users.map((user) => [user.username, user]));
  const sessionKeys = new Map(users.map((user) => [user.openid, createSessionKey()]));
  const codes = createCodeTable(now);

  function userCalled(username: string): SimulatedUser {
    const user = usersByName.get(username);
    if (user !== undefined) return user;
    throw new Error(`There is no such test user. There are: ${[...usersByName.keys()].join(', ')}.`);
  }

  function rotateSessionKey(user: SimulatedUser): SimulatedUser {
    sessionKeys.set(user.openid, createSessionKey());
    return user;
  }

  return {
    login(username) {
      return codes.issue(rotateSessionKey(userCalled(username)));
    },

    exchange(code) {
      const spent = code === DEVTOOLS_CODE ? rotateSessionKey(userCalled(DEVTOOLS_USERNAME)) : codes.spend(code);
      if (typeof spent === 'string') return spent;
      const { openid, unionid } = spent;
      const session = { session_key: sessionKeys.get(openid) ?? createSessionKey(), openid };
      return unionid === null ? session : { ...session, unionid };
    },
  };
}
