import { randomBytes } from 'node:crypto';
import { derivePhoneNumber, type SimulatedPhoneNumber } from './phone-numbers.js';
import { deriveId, type SimulatedUser, type UserList } from './users.js';

/** A person in one app, and what WeChat has of them there. */
export interface Account {
  readonly username: string;
  readonly openid: string;
  readonly unionid: string | null;
  readonly phoneNumber: SimulatedPhoneNumber;
  readonly isBlocked: boolean;
  sessionKey: string;
  /** The last wx.login, in ms; null: there was none. */
  loggedInAtMs: number | null;
}

export interface Accounts {
  /**
   * At `wx.login`: a newcomer is somebody else from now on.
   *
   * @throws SimulatorMisuse with the users there are, when this is none of them
   */
  logIn(username: string, appid: string): Account;
  /**
   * Without `wx.login`: a newcomer is who they were at the last one.
   *
   * @throws SimulatorMisuse with the users there are, when this is none of them
   */
  of(username: string, appid: string): Account;
  /** Null: nobody has this openid in this app. */
  find(openid: string, appid: string): Account | null;
}

const NEWCOMER_LIMIT = 10_000;

/** @param firstAppid where people have the openid that is theirs by option */
export function createAccounts(users: UserList, firstAppid: string, now: () => number): Accounts {
  // As many as there are users times apps.
  const accounts = new Map<string, Account>();
  const byOpenid = new Map<string, Account>();
  const newcomers = new Map<string, Account>();

  function keep(user: SimulatedUser, appid: string): Account {
    const id = keyOf(appid, user.username);
    const known = accounts.get(id);
    if (known !== undefined) return known;
    if (user.openid === null) return keepNewcomer(user, appid);
    const openid = appid === firstAppid ? user.openid : deriveId('openid', appid, user.username);
    const account = createAccount(user, openid);
    accounts.set(id, account);
    byOpenid.set(keyOf(appid, openid), account);
    return account;
  }

  function keepNewcomer(user: SimulatedUser, appid: string): Account {
    const account = createAccount(user, deriveId('newcomer', appid, randomBytes(16).toString('hex')));
    accounts.set(keyOf(appid, user.username), account);
    newcomers.set(keyOf(appid, account.openid), account);
    const [oldest] = newcomers.keys();
    if (newcomers.size > NEWCOMER_LIMIT && oldest !== undefined) newcomers.delete(oldest);
    return account;
  }

  function find(openid: string, appid: string): Account | null {
    const id = keyOf(appid, openid);
    return byOpenid.get(id) ?? newcomers.get(id) ?? null;
  }

  return {
    logIn(username, appid) {
      const user = users.find(username);
      const account = rotateSessionKey(user.openid === null ? keepNewcomer(user, appid) : keep(user, appid));
      account.loggedInAtMs = now();
      return account;
    },

    of: (username, appid) => keep(users.find(username), appid),

    find(openid, appid) {
      const found = find(openid, appid);
      if (found !== null) return found;
      // Those who have not been here since the start have their openid all the same.
      for (const user of users.all()) if (user.openid !== null) keep(user, appid);
      return find(openid, appid);
    },
  };
}

function keyOf(appid: string, name: string): string {
  return JSON.stringify([appid, name]);
}

function createAccount({ username, unionid, phoneNumber, kind }: SimulatedUser, openid: string): Account {
  return {
    username,
    openid,
    unionid,
    phoneNumber: phoneNumber ?? derivePhoneNumber(openid),
    isBlocked: kind === 'blocked',
    sessionKey: createSessionKey(),
    loggedInAtMs: null,
  };
}

/** WeChat may replace the key at any wx.login; here it always does, so that whoever relies on the old one finds out. */
export function rotateSessionKey(account: Account): Account {
  account.sessionKey = createSessionKey();
  return account;
}

function createSessionKey(): string {
  return randomBytes(16).toString('base64');
}
