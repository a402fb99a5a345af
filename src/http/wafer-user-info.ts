import type { Viewer } from '../auth/viewer.js';
import type { Verbs } from '../graphql/context.js';
import type { SealedData } from '../wechat/open-data.js';

/** What wafer2 calls a profile, in WeChat's own names. No openid: a mini-program asks for its `viewer`. */
export interface UserInfo {
  readonly nickName: string;
  readonly avatarUrl: string;
  readonly gender?: number;
  readonly language?: string;
  readonly city?: string;
  readonly province?: string;
  readonly country?: string;
}

/** Whom nobody has named: so WeChat itself calls everybody since 2022-11-08. */
export const NAMELESS: UserInfo = { nickName: '微信用户', avatarUrl: '' };

/** What the person has typed. @throws AppError SERVICE_UNAVAILABLE */
export async function typedInfo(showUser: Verbs['showUser'], { user }: Viewer): Promise<Partial<UserInfo>> {
  const { nickname: nickName, avatarUrl } = await showUser.profile(user.id);
  return withoutNulls({ nickName, avatarUrl });
}

/** What WeChat has encrypted for this viewer, if it is a profile. @throws AppError as `decryptOpenData` does */
export async function verifiedInfo(
  decryptOpenData: Verbs['decryptOpenData'],
  viewer: Viewer,
  { encryptedData, iv }: Pick<SealedData, 'encryptedData' | 'iv'>,
): Promise<Partial<UserInfo>> {
  const { data } = await decryptOpenData(viewer, { encryptedData, iv, rawData: null, signature: null });
  if (data.kind !== 'WeChatUserInfo') return {};
  const { nickName, avatarUrl, gender, language, city, province, country } = data;
  return withoutNulls({ nickName, avatarUrl, gender, language, city, province, country });
}

type Nullable<T> = { readonly [F in keyof T]: T[F] | null };

function withoutNulls(fields: Nullable<UserInfo>): Partial<UserInfo> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
