import { createUnionType, Field, Float, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';

@InputType('DecryptOpenDataInput', { description: 'What WeChat gave the phone, unchanged.' })
export class DecryptOpenDataInput {
  @Field(() => String, { description: 'In base64.' })
  readonly encryptedData!: string;

  @Field(() => String, { description: 'In base64: 16 bytes.' })
  readonly iv!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The part that came unencrypted, to be checked against `signature`. Goes with it.',
  })
  readonly rawData!: string | null | undefined;

  @Field(() => String, { nullable: true, description: '40 hexadecimal digits.' })
  readonly signature!: string | null | undefined;
}

@ObjectType('WeChatUserInfo', {
  description: 'From wx.getUserProfile. WeChat gives everybody the same nickname and picture since November 2022.',
})
class WeChatUserInfo {
  @Field(() => String, { description: "The viewer's." })
  readonly openId!: string;

  @Field(() => String, { nullable: true, description: 'The same across the apps of one owner.' })
  readonly unionId!: string | null;

  @Field(() => String, { nullable: true, description: 'Since November 2022 the same for everybody.' })
  readonly nickName!: string | null;

  @Field(() => Int, { nullable: true, description: '0: not told, 1: male, 2: female.' })
  readonly gender!: number | null;

  @Field(() => String, { nullable: true, description: 'Of the WeChat app, like `zh_CN`.' })
  readonly language!: string | null;

  @Field(() => String, { nullable: true, description: 'Not told since 2021.' })
  readonly city!: string | null;

  @Field(() => String, { nullable: true, description: 'Not told since 2021.' })
  readonly province!: string | null;

  @Field(() => String, { nullable: true, description: 'Not told since 2021.' })
  readonly country!: string | null;

  @Field(() => String, { nullable: true, description: 'Since November 2022 the same for everybody.' })
  readonly avatarUrl!: string | null;
}

@ObjectType('WeChatPhoneNumber', {
  description: 'From the button with open-type getPhoneNumber, before it gave codes.',
})
class WeChatPhoneNumber {
  @Field(() => String, { description: 'With the country code in front, unless it is of mainland China.' })
  readonly phoneNumber!: string;

  @Field(() => String, { description: 'Without the country code.' })
  readonly purePhoneNumber!: string;

  @Field(() => String, { description: 'Digits, like `86`.' })
  readonly countryCode!: string;
}

@ObjectType('WeChatRunStep', { description: 'The steps of one day.' })
class WeChatRunStep {
  @Field(() => Float, { description: 'When the day began, in seconds since 1970.' })
  readonly timestamp!: number;

  @Field(() => Int, { description: 'How many.' })
  readonly step!: number;
}

@ObjectType('WeChatRunData', { description: 'From wx.getWeRunData: the last 31 days.' })
class WeChatRunData {
  @Field(() => [WeChatRunStep], { description: 'The earliest day first.' })
  readonly stepInfoList!: readonly WeChatRunStep[];
}

@ObjectType('WeChatShareInfo', { description: 'From wx.getShareInfo.' })
class WeChatShareInfo {
  @Field(() => String, { description: 'The group it was shared in, as this app knows it.' })
  readonly openGId!: string;
}

@ObjectType('WeChatGroupEnterInfo', { description: 'From wx.getGroupEnterInfo.' })
class WeChatGroupEnterInfo {
  @Field(() => String, { nullable: true, description: 'The group, as this app knows it.' })
  readonly opengid!: string | null;

  @Field(() => String, { nullable: true, description: 'The chat of two, as this app knows it.' })
  readonly open_single_roomid!: string | null;

  @Field(() => String, { nullable: true, description: 'The viewer in that group.' })
  readonly group_openid!: string | null;

  @Field(() => Int, { nullable: true, description: 'What kind of chat it is.' })
  readonly chat_type!: number | null;
}

@ObjectType('UnknownOpenData', { description: 'Data of a form that this version of menjin does not know.' })
class UnknownOpenData {
  @Field(() => String, { description: 'As it was encrypted: a JSON object.' })
  readonly json!: string;
}

const members = [
  WeChatUserInfo,
  WeChatPhoneNumber,
  WeChatRunData,
  WeChatShareInfo,
  WeChatGroupEnterInfo,
  UnknownOpenData,
] as const;

export const OpenDataUnion = createUnionType({
  name: 'OpenData',
  description: 'What WeChat encrypts for apps. Its fields are named as WeChat names them.',
  types: () => members,
  // As openSealedData tells them apart.
  resolveType: (value: object) => ('kind' in value ? String(value.kind) : undefined),
});

export enum SealedWith {
  CURRENT = 'CURRENT',
  PREVIOUS = 'PREVIOUS',
}

registerEnumType(SealedWith, {
  name: 'SealedWith',
  description: 'Which session_key the data was encrypted with.',
  valuesConfig: {
    CURRENT: { description: 'That of the last login.' },
    PREVIOUS: { description: 'That of the login before: the data was fetched before the last login.' },
  },
});

@ObjectType('DecryptOpenDataPayload', { description: 'The data is about the viewer, and of this app.' })
export class DecryptOpenDataPayload {
  @Field(() => OpenDataUnion, { description: 'What it says.' })
  readonly data!: typeof OpenDataUnion;

  @Field(() => SealedWith, { description: 'Which session_key it was encrypted with.' })
  readonly sealedWith!: SealedWith;
}
