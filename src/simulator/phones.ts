import type { Account, Accounts } from './accounts.js';
import { createCodeTable, createLoginCode } from './codes.js';
import type { Fault } from './faults.js';
import { DEVTOOLS_USERNAME } from './users.js';

/** What `wx.login` returns in DevTools when the project has no real appid: always this, and it is never used up. */
const DEVTOOLS_CODE = 'the code is a mock one';

/** A success as WeChat writes it: no errcode, and a unionid only for who has one. */
export interface WechatSession {
  readonly session_key: string;
  readonly openid: string;
  readonly unionid?: string;
}

interface Login {
  readonly appid: string;
  readonly account: Account;
  readonly fault: Fault | null;
}

/** The users' phones, and what WeChat remembers of their logins. */
export interface Phones {
  /**
   * `wx.login` on this person's phone: a new code. It replaces their session_key in this app.
   *
   * @throws SimulatorMisuse with the users there are, when this is none of them
   */
  login(username: string, appid: string, fault: Fault | null): string;
  /** Spends the code; or the errcode WeChat refuses it with. */
  exchange(code: string, appid: string): WechatSession | number;
  /** What was ordered for the exchange of this code. */
  faultOf(code: string): Fault | null;
}

export function createPhones(accounts: Accounts, now: () => number): Phones {
  const codes = createCodeTable<Login>(createLoginCode, now);

  return {
    login(username, appid, fault) {
      return codes.issue({ appid, account: accounts.logIn(username, appid), fault });
    },

    exchange(code, appid) {
      if (code === DEVTOOLS_CODE) return sessionOf(accounts.logIn(DEVTOOLS_USERNAME, appid));
      const row = codes.find(code);
      if (row === null || row.owner.appid !== appid) return 40029;
      if (row.isUsed) return 40163;
      const session = sessionOf(row.owner.account);
      row.isUsed = typeof session !== 'number';
      return session;
    },

    faultOf: (code) => codes.find(code)?.owner.fault ?? null,
  };
}

function sessionOf({ isBlocked, sessionKey, openid, unionid }: Account): WechatSession | number {
  if (isBlocked) return 40226;
  const session = { session_key: sessionKey, openid };
  return unionid === null ? session : { ...session, unionid };
}
