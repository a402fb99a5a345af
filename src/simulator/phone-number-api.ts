import type { Account } from './accounts.js';
import type { Api } from './api.js';
import type { CodeTable } from './codes.js';
import { phoneFieldsOf } from './phone-numbers.js';

/** What WeChat remembers of a tap on the button for the phone number. */
export interface PhoneTap {
  readonly appid: string;
  readonly account: Account;
}

/** `POST /wxa/business/getuserphonenumber { code, openid? }`: spends the code, unless it is refused. */
export function createPhoneNumberApi(codes: CodeTable<PhoneTap>, now: () => number): Api {
  return {
    method: 'POST',
    credential: 'access_token',
    answer({ appid, body: { code, openid } }) {
      if (code === undefined || code === '') return 41008;
      if (typeof code !== 'string') return 47001;
      const row = codes.find(code);
      if (row === null || row.isUsed) return 40029;
      if (row.owner.appid !== appid) return 40013;
      const { account } = row.owner;
      if (openid !== undefined && openid !== account.openid) return 40029;
      row.isUsed = true;
      const watermark = { timestamp: Math.floor(now() / 1000), appid };
      return { fields: { phone_info: { ...phoneFieldsOf(account.phoneNumber), watermark } } };
    },
  };
}
