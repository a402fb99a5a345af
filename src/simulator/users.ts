import { createHash } from 'node:crypto';
import { SimulatorMisuse } from './misuse.js';
import { checkPhoneNumber, derivePhoneNumber, type SimulatedPhoneNumber } from './phone-numbers.js';

/** `blocked`: WeChat refuses their logins with 40226. `newcomer`: a person nobody has seen before, at every wx.login. */
export type SimulatedUserKind = 'ordinary' | 'blocked' | 'newcomer';

/** A person with a phone, as one app sees them. */
export interface SimulatedUser {
  readonly username: string;
  readonly kind: SimulatedUserKind;
  /** `null`: a newcomer has another one at every wx.login. */
  readonly openid: string | null;
  /** `null`: WeChat leaves the unionid out for this person. */
  readonly unionid: string | null;
  /** The same in every app. `null`: a newcomer has another one at every wx.login. */
  readonly phoneNumber: SimulatedPhoneNumber | null;
}

export interface SimulatedUserOptions {
  /** What the simulator calls this person; WeChat has no such name. Letters, digits, `_`, `.` and `-`. */
  username: string;
  /** @default 'ordinary' */
  kind?: SimulatedUserKind;
  /** In the first app. @default derived from the username and the appid, as in all other apps */
  openid?: string;
  /** The same in every app. @default null; `true` derives one from the username */
  unionid?: string | true | null;
  /** @default a mainland number derived from the username; a newcomer's from their openid */
  phoneNumber?: SimulatedPhoneNumber;
}

/** Who DevTools' constant code logs in. There is one in every simulator. */
export const DEVTOOLS_USERNAME = 'devtools';

export const defaultUsers: readonly SimulatedUserOptions[] = [
  { username: 'alice' },
  // WeChat writes 86 as a text for some and as a number for others.
  { username: 'bob', phoneNumber: { ...derivePhoneNumber('bob'), countryCode: 86 } },
  { username: 'carol', unionid: true },
  { username: 'mallory', kind: 'blocked' },
  { username: 'newcomer', kind: 'newcomer' },
  { username: DEVTOOLS_USERNAME },
];

const USER_LIMIT = 10_000;
const USERNAME = /^[\p{L}\p{N}_.-]{1,64}$/u;

/** WeChat's ids have 28 characters, `o` first. Derived, so that alice is the same person after a restart. */
export function deriveId(...of: string[]): string {
  return `o${createHash('sha256').update(JSON.stringify(of)).digest('base64url').slice(0, 27)}`;
}

/** Everybody, as the first app sees them. */
export interface UserList {
  /** @throws SimulatorMisuse when the username or the openid is another's, or not of its form, or the list is full */
  add(options: SimulatedUserOptions): SimulatedUser;
  /** @throws SimulatorMisuse with the users there are, when this is none of them */
  find(username: string): SimulatedUser;
  all(): readonly SimulatedUser[];
}

export function createUserList(firstAppid: string, options: readonly SimulatedUserOptions[]): UserList {
  const users = new Map<string, SimulatedUser>();
  const openids = new Set<string>();

  const list: UserList = {
    add(option) {
      const user = simulateUser(firstAppid, option);
      if (users.size >= USER_LIMIT) throw new SimulatorMisuse(`there are ${USER_LIMIT} simulated users already`);
      if (users.has(user.username)) throw new SimulatorMisuse('two simulated users have the same username');
      if (user.openid !== null) {
        if (openids.has(user.openid)) throw new SimulatorMisuse('two simulated users have the same openid');
        openids.add(user.openid);
      }
      users.set(user.username, user);
      return user;
    },

    find(username) {
      const user = users.get(username);
      if (user !== undefined) return user;
      // A list that was made in a test may be long.
      const names = [...users.keys()].slice(0, 20);
      const more = users.size > names.length ? ' and others' : '';
      throw new SimulatorMisuse(`There is no such test user. There are: ${names.join(', ')}${more}.`);
    },

    all: () => Object.freeze([...users.values()]),
  };
  for (const option of options) list.add(option);
  if (!users.has(DEVTOOLS_USERNAME)) list.add({ username: DEVTOOLS_USERNAME });
  return list;
}

function simulateUser(appid: string, options: SimulatedUserOptions): SimulatedUser {
  const { username, kind = 'ordinary', openid, unionid = null, phoneNumber } = options;
  if (!USERNAME.test(username)) {
    throw new SimulatorMisuse('a simulated user needs a username: 1 to 64 letters, digits, _ . and -');
  }
  if (openid === '' || unionid === '') throw new SimulatorMisuse('an openid or a unionid is not empty');
  if (kind === 'newcomer' && (openid !== undefined || unionid !== null)) {
    throw new SimulatorMisuse('a newcomer has no openid and no unionid of their own');
  }
  return Object.freeze({
    username,
    kind,
    openid: kind === 'newcomer' ? null : (openid ?? deriveId('openid', appid, username)),
    unionid: unionid === true ? deriveId('unionid', username) : unionid,
    phoneNumber: phoneNumber === undefined ? derivedPhoneNumber(kind, username) : checkPhoneNumber(phoneNumber),
  });
}

function derivedPhoneNumber(kind: SimulatedUserKind, username: string): SimulatedPhoneNumber | null {
  return kind === 'newcomer' ? null : derivePhoneNumber(username);
}
