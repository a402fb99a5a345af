import {
  countryCode,
  digits,
  identifier,
  type JsonObject,
  MAX_INT,
  optionalIdentifier,
  optionalInteger,
  optionalText,
  ownValue,
  type Reader,
  steps,
  text,
} from './open-data-fields.js';

/** An opened payload under WeChat's field names. A field that WeChat did not send is null. */
export type OpenData =
  | {
      readonly kind: 'WeChatUserInfo';
      readonly openId: string;
      readonly unionId: string | null;
      readonly nickName: string;
      /** 0 unknown, 1 male, 2 female. */
      readonly gender: number | null;
      readonly language: string | null;
      readonly city: string | null;
      readonly province: string | null;
      readonly country: string | null;
      readonly avatarUrl: string | null;
    }
  | {
      readonly kind: 'WeChatPhoneNumber';
      /** With the country code in front when it is a foreign one. */
      readonly phoneNumber: string;
      readonly purePhoneNumber: string;
      readonly countryCode: string;
    }
  | {
      readonly kind: 'WeChatRunData';
      /** One a day, with the day in seconds since 1970. */
      readonly stepInfoList: readonly { readonly timestamp: number; readonly step: number }[];
    }
  | { readonly kind: 'WeChatShareInfo'; readonly openGId: string }
  | {
      readonly kind: 'WeChatGroupEnterInfo';
      readonly opengid: string | null;
      readonly open_single_roomid: string | null;
      readonly group_openid: string | null;
      readonly chat_type: number | null;
    }
  | UnknownOpenData;

/** A payload of no kind of the table, or with a field of another type or range: the JSON text as decrypted. */
export interface UnknownOpenData {
  readonly kind: 'UnknownOpenData';
  readonly json: string;
}

export interface RecognizedData {
  readonly data: OpenData;
  /** Whether it says something only together with the openId of the person. */
  readonly needsOpenId: boolean;
  /** Whether it may be too old. */
  readonly ages: boolean;
}

type KnownData = Exclude<OpenData, UnknownOpenData>;

interface KindRow<D> {
  /** A payload with one of these fields is of this kind or unknown, and of no other. */
  readonly marks: readonly string[];
  readonly needsOpenId: boolean;
  readonly ages: boolean;
  readonly fields: { readonly [F in Exclude<keyof D, 'kind'>]: Reader<D[F]> };
  /** Whether fields that say the same thing do. */
  readonly agree?: (data: D) => boolean;
}

type KindTable = { readonly [D in KnownData as D['kind']]: KindRow<D> };

/** Who sends an iv may rewrite the first 16 bytes of a payload unseen, so no row trusts its marks alone. */
const kinds: KindTable = {
  WeChatUserInfo: {
    marks: ['nickName', 'avatarUrl'],
    needsOpenId: true,
    ages: true,
    fields: {
      openId: identifier,
      unionId: optionalIdentifier,
      nickName: text,
      gender: optionalInteger(2),
      language: optionalText,
      city: optionalText,
      province: optionalText,
      country: optionalText,
      avatarUrl: optionalText,
    },
  },
  WeChatPhoneNumber: {
    marks: ['phoneNumber', 'purePhoneNumber'],
    needsOpenId: false,
    ages: true,
    fields: { phoneNumber: digits, purePhoneNumber: digits, countryCode },
    agree: ({ phoneNumber, purePhoneNumber }) => phoneNumber.endsWith(purePhoneNumber),
  },
  WeChatRunData: {
    marks: ['stepInfoList'],
    needsOpenId: false,
    ages: false,
    fields: { stepInfoList: steps },
  },
  WeChatShareInfo: {
    marks: ['openGId'],
    needsOpenId: false,
    ages: false,
    fields: { openGId: identifier },
  },
  WeChatGroupEnterInfo: {
    marks: ['opengid', 'open_single_roomid', 'group_openid'],
    needsOpenId: false,
    ages: false,
    fields: {
      opengid: optionalIdentifier,
      open_single_roomid: optionalIdentifier,
      group_openid: optionalIdentifier,
      chat_type: optionalInteger(MAX_INT),
    },
  },
};

type AnyRow = KindRow<Record<string, unknown>>;
const rows = Object.entries(kinds) as unknown as readonly (readonly [KnownData['kind'], AnyRow])[];

/** The kind of a payload by its own fields. `json`: the text it was parsed from. */
export function recognizeOpenData(payload: JsonObject, json: string): RecognizedData {
  const unknown: UnknownOpenData = { kind: 'UnknownOpenData', json };
  const marked = rows.find(([, row]) => row.marks.some((mark) => Object.hasOwn(payload, mark)));
  if (marked === undefined) return { data: unknown, needsOpenId: false, ages: true };
  const [kind, row] = marked;
  const fields = readFields(row, payload);
  if (fields === null) return { data: unknown, needsOpenId: row.needsOpenId, ages: true };
  // With a field of another kind it may be that other kind, under a first block that somebody rewrote.
  const isWhole = Object.keys(payload).every((name) => name === 'watermark' || Object.hasOwn(row.fields, name));
  return { data: { kind, ...fields } as KnownData, needsOpenId: row.needsOpenId, ages: row.ages || !isWhole };
}

function readFields(row: AnyRow, payload: JsonObject): Record<string, unknown> | null {
  const entries = Object.entries(row.fields).map(([name, read]) => [name, read(ownValue(payload, name))] as const);
  if (entries.some(([, value]) => value === undefined)) return null;
  const fields = Object.fromEntries(entries);
  return row.agree === undefined || row.agree(fields) ? fields : null;
}
