import type { ApiCallRecord } from './api-call-record.js';
import type { ApiPath } from './api-paths.js';
import type { SimulatedApp } from './apps.js';
import type { Exchange } from './exchange-log.js';
import type { Fault } from './faults.js';
import type { OpenDataKind } from './open-data-payloads.js';
import type { SealedOpenData } from './seal-open-data.js';
import type { SentMessage } from './subscribe-message.js';
import type { SimulatedUser, SimulatedUserOptions } from './users.js';

export interface AppOptions {
  /** @default the first app */
  appid?: string | undefined;
}

export interface CodeOptions extends AppOptions {
  /** Happens to the exchange of this code, every time it is tried. @default null */
  fault?: Fault | null | undefined;
}

export interface EncryptOptions extends AppOptions {
  /** Of the watermark, in seconds since 1970. @default now */
  timestamp?: number | undefined;
}

export interface SubscribeOptions extends AppOptions {
  /** @default 1 */
  times?: number | undefined;
}

export interface FailOptions {
  /** @default until it is replaced */
  times?: number | undefined;
  /** @default every app */
  appid?: string | undefined;
  /** The API it happens to. @default '/sns/jscode2session', the exchange */
  path?: ApiPath | undefined;
}

/** The people, their phones, and what WeChat does for the apps they use. */
export interface SimulatedWechat {
  readonly apps: readonly SimulatedApp[];
  /** Of the first app. */
  readonly appid: string;
  readonly secret: string;
  /** As the first app sees them. */
  readonly users: readonly SimulatedUser[];
  /**
   * What `wx.login` returns on this person's phone: 32 characters, good once, for five minutes, in one app. It replaces
   * their session_key there.
   *
   * @throws SimulatorMisuse with what there is, when there is no such user, app or fault
   */
  code(username: string, options?: CodeOptions): string;
  /**
   * What the button for the phone number gives the mini-program on this person's phone: 64 characters, good once, for
   * five minutes, in one app. No code for a login, and the session_key stays.
   *
   * @throws SimulatorMisuse with what there is, when there is no such user or app
   */
  phoneCode(username: string, options?: AppOptions): string;
  /**
   * What this person's phone hands over now, under the session_key that is theirs now: one of WeChat's payloads, or an
   * object of one's own. The watermark is added, unless the object has one.
   *
   * @throws SimulatorMisuse with what there is, when there is no such user, app or payload, or timestamp is no time
   */
  encrypt(
    username: string,
    payload: OpenDataKind | Readonly<Record<string, unknown>>,
    options?: EncryptOptions,
  ): SealedOpenData;
  /**
   * What `wx.requestSubscribeMessage` does when this person agrees: so many more messages of this template reach them.
   *
   * @throws SimulatorMisuse with what there is, when there is no such user or app, or templateId or times is none
   */
  subscribe(username: string, templateId: string, options?: SubscribeOptions): void;
  /**
   * The newest 1,000 subscribe messages that were sent, or those of them to one person, oldest first.
   *
   * @throws SimulatorMisuse with the users there are, when this is none of them
   */
  messages(username?: string): readonly SentMessage[];
  /**
   * As if somebody else had forced a refresh: the access tokens of one app, or of every app, are dead at once, and who
   * asks for one gets another.
   *
   * @throws SimulatorMisuse with the apps there are, when this is none of them
   */
  revokeAccessTokens(appid?: string): void;
  /**
   * What happens to the next calls of one API, of every app or of one. The last word counts; a code's own fault comes
   * first.
   *
   * @throws SimulatorMisuse with what there is, when there is no such app, path or fault, or times is no count
   */
  fail(fault: Fault | null, options?: FailOptions): void;
  /** The newest 1,000 exchanges, or those of one code, oldest first. Neither secrets nor session_keys. */
  exchanges(code?: string): readonly Exchange[];
  /**
   * The newest 1,000 calls of the other APIs, or those of them of one, oldest first. Neither tokens nor secrets nor
   * codes.
   *
   * @throws SimulatorMisuse with the paths there are, when this is none of them
   */
  calls(path?: ApiPath): readonly ApiCallRecord[];
  /** @throws SimulatorMisuse when the username or the openid is another's, or something is not of its form */
  addUser(user: SimulatedUserOptions): SimulatedUser;
}
