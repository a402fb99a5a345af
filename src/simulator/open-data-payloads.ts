import { createHash } from 'node:crypto';
import type { Account } from './accounts.js';
import { phoneFieldsOf } from './phone-numbers.js';
import type { Fields } from './wechat-request.js';

/** What everybody is called and looks like since 2022-11-08. */
const ANONYMOUS = {
  nickName: '微信用户',
  gender: 0,
  language: '',
  city: '',
  province: '',
  country: '',
  avatarUrl:
    'https://thirdwx.qlogo.cn/mmopen/vi_32/POgEwh4mIHO4nibH0KlMECNjjGxQUq24ZEaGT4poC6icRiccVGKSyXwibcPq4BWmiaIGuG1icwxaQX6grC9VemZoJ8rg/132',
};
const RUN_DAYS = 31;
const DAY_SECONDS = 86_400;
/** Midnight in China, in seconds after that of UTC. */
const CHINA_SECONDS = 8 * 3_600;

/** What a phone hands over, in WeChat's order and spelling, without the watermark. */
export const openDataPayloads = {
  userInfo: ({ openid, unionid }) => ({
    openId: openid,
    ...ANONYMOUS,
    ...(unionid !== null && { unionId: unionid }),
  }),
  phoneNumber: ({ phoneNumber }) => ({ ...phoneFieldsOf(phoneNumber) }),
  runData: ({ openid }, atSeconds) => ({ stepInfoList: stepsOf(openid, atSeconds) }),
  shareInfo: ({ openid }) => ({ openGId: groupIdOf(openid) }),
  groupEnterInfo: ({ openid }) => ({
    opengid: groupIdOf(openid),
    open_single_roomid: '',
    group_openid: '',
    chat_type: 3,
  }),
} satisfies Readonly<Record<string, (account: Account, atSeconds: number) => Fields>>;

export type OpenDataKind = keyof typeof openDataPayloads;

/** One entry for each of the last 31 days, the oldest first. */
function stepsOf(openid: string, atSeconds: number): readonly { timestamp: number; step: number }[] {
  const today = Math.floor((atSeconds + CHINA_SECONDS) / DAY_SECONDS) * DAY_SECONDS - CHINA_SECONDS;
  return Array.from({ length: RUN_DAYS }, (_, index) => {
    const timestamp = today - (RUN_DAYS - 1 - index) * DAY_SECONDS;
    return { timestamp, step: digestOf('steps', openid, String(timestamp)).readUInt16BE() % 20_000 };
  });
}

/** The same for one person every time: they are in one group. */
function groupIdOf(openid: string): string {
  return `tG${digestOf('group', openid).toString('base64url').slice(0, 26)}`;
}

function digestOf(...of: string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(of)).digest();
}
