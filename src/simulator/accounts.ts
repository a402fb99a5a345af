import { randomBytes } from 'node:crypto';
import { deriveId, type SimulatedUser } from './users.js';

/** A person in one app, and the key WeChat has for them there. */
export interface Account {
  readonly openid: string;
  readonly unionid: string | null;
  readonly isBlocked: boolean;
  sessionKey: string;
}

/**
 * @param firstAppid where people have the openid that is theirs by option
 * @returns the account of a person in an app: always the same one, except a newcomer's
 */
export function createAccounts(firstAppid: string): (user: SimulatedUser, appid: string) => Account {
  // As many as there are users times apps.
  const accounts = new Map<string, Account>();

  return (user, appid) => {
    if (user.openid === null) return createAccount(user, deriveId('newcomer', appid, randomBytes(16).toString('hex')));
    const key = JSON.stringify([appid, user.username]);
    const openid = appid === firstAppid ? user.openid : deriveId('openid', appid, user.username);
    const account = accounts.get(key) ?? createAccount(user, openid);
    accounts.set(key, account);
    return account;
  };
}

function createAccount({ unionid, kind }: SimulatedUser, openid: string): Account {
  return { openid, unionid, isBlocked: kind === 'blocked', sessionKey: createSessionKey() };
}

/** WeChat may replace the key at any wx.login; here it always does, so that whoever relies on the old one finds out. */
export function rotateSessionKey(account: Account): Account {
  account.sessionKey = createSessionKey();
  return account;
}

function createSessionKey(): string {
  return randomBytes(16).toString('base64');
}
