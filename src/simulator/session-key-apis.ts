import { createHmac } from 'node:crypto';
import { type Account, type Accounts, rotateSessionKey } from './accounts.js';
import type { Api, ApiCall } from './api.js';

/** `GET /wxa/checksession ?openid&signature&sig_method` */
export function createCheckSession(accounts: Accounts): Api {
  return {
    method: 'GET',
    credential: 'access_token',
    answer(call) {
      const account = signerOf(call, accounts);
      return typeof account === 'number' ? account : { fields: {} };
    },
  };
}

/** `GET /wxa/resetusersessionkey ?openid&signature&sig_method`: the old key is dead at once. */
export function createResetSessionKey(accounts: Accounts): Api {
  return {
    method: 'GET',
    credential: 'access_token',
    answer(call) {
      const account = signerOf(call, accounts);
      if (typeof account === 'number') return account;
      const { openid, sessionKey } = rotateSessionKey(account);
      return { fields: { openid, session_key: sessionKey } };
    },
  };
}

/** Who is spoken of by somebody who knows their key, or the errcode. */
function signerOf({ appid, query }: ApiCall, accounts: Accounts): Account | number {
  const account = accounts.find(query.get('openid') ?? '', appid);
  if (account === null) return 40003;
  if (query.get('sig_method') !== 'hmac_sha256') return 87008;
  return query.get('signature') === signatureOf(account.sessionKey) ? account : 87009;
}

/** Of the empty text. The key is the base64 text itself, not what it stands for. */
function signatureOf(sessionKey: string): string {
  return createHmac('sha256', sessionKey).update('').digest('hex');
}
