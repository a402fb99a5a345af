import { answerExchange, type ExchangeAnswer } from './answer-exchange.js';
import { type SimulatedApp, type SimulatedAppOptions, simulateApps } from './apps.js';
import type { CodeToSessionRequest } from './code-to-session.js';
import { createExchangeLog, type Exchange } from './exchange-log.js';
import { checkFault, type Fault } from './faults.js';
import { SimulatorMisuse } from './misuse.js';
import { createPhones } from './phones.js';
import { createQuota } from './quota.js';
import { createStandingFaults } from './standing-faults.js';
import { createUserList, defaultUsers, type SimulatedUser, type SimulatedUserOptions } from './users.js';

export interface SimulatedWechatOptions {
  /** @default one, of the appid and secret below */
  apps?: readonly SimulatedAppOptions[] | undefined;
  /** Of a single app. @default a constant, so that a user keeps their openid from start to start */
  appid?: string | undefined;
  /** Of a single app. @default a new one at every start */
  secret?: string | undefined;
  /** @default alice, bob, carol (who has a unionid), mallory (blocked), newcomer and devtools, who is added to a list that lacks one */
  users?: readonly SimulatedUserOptions[] | undefined;
  /** Exchanges of one app in one minute of the clock; one more answers 45011. @default null, none */
  quotaPerMinute?: number | null | undefined;
  /** The clock, in ms. @default Date.now */
  now?: (() => number) | undefined;
}

export interface CodeOptions {
  /** @default the first app */
  appid?: string | undefined;
  /** Happens to the exchange of this code, every time it is tried. @default null */
  fault?: Fault | null | undefined;
}

export interface FailOptions {
  /** @default until it is replaced */
  times?: number | undefined;
  /** @default every app */
  appid?: string | undefined;
}

/** The people, their phones, and what WeChat does with their codes. */
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
   * What happens to the next exchanges, of every app or of one. The last word counts; a code's own fault comes first.
   *
   * @throws SimulatorMisuse with what there is, when there is no such app or fault, or times is no count
   */
  fail(fault: Fault | null, options?: FailOptions): void;
  /** The newest 1,000 exchanges, or those of one code, oldest first. Neither secrets nor session_keys. */
  exchanges(code?: string): readonly Exchange[];
  /** @throws SimulatorMisuse when the username or the openid is another's, or not of its form */
  addUser(user: SimulatedUserOptions): SimulatedUser;
}

/**
 * A WeChat without a server. `answer` is what its one API answers to a request, however that came.
 *
 * @throws SimulatorMisuse (a TypeError) when two users or apps are the same, or an option is not of its form
 */
export function createSimulatedWechat(options: SimulatedWechatOptions = {}): {
  wechat: SimulatedWechat;
  answer(request: CodeToSessionRequest): ExchangeAnswer;
} {
  const { quotaPerMinute = null, now = Date.now } = options;
  if (quotaPerMinute !== null) checkCount('quotaPerMinute', quotaPerMinute);
  const apps = simulateApps(options);
  const [{ appid: firstAppid, secret }] = apps;
  const users = createUserList(firstAppid, options.users ?? defaultUsers);
  const phones = createPhones(users, firstAppid, now);
  const standingFaults = createStandingFaults();
  const log = createExchangeLog();
  const exchangeDeps = { apps, phones, quota: createQuota(quotaPerMinute, now), standingFaults, log, now };

  function checkApp(appid: string): string {
    if (apps.some((app) => app.appid === appid)) return appid;
    throw new SimulatorMisuse(`There is no such app. There are: ${apps.map((app) => app.appid).join(', ')}.`);
  }

  const wechat: SimulatedWechat = {
    apps,
    appid: firstAppid,
    secret,
    get users() {
      return users.all();
    },
    code: (username, { appid = firstAppid, fault = null } = {}) =>
      phones.login(username, checkApp(appid), fault === null ? null : checkFault(fault)),
    fail: (fault, { times = Number.POSITIVE_INFINITY, appid } = {}) => {
      if (times !== Number.POSITIVE_INFINITY) checkCount('times', times);
      const ordered = fault === null ? null : checkFault(fault);
      standingFaults.order(ordered, times, appid === undefined ? null : checkApp(appid));
    },
    exchanges: (code) => log.all().filter((exchange) => code === undefined || exchange.code === code),
    addUser: users.add,
  };
  return { wechat, answer: (request) => answerExchange(request, exchangeDeps) };
}

function checkCount(name: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 1) throw new SimulatorMisuse(`${name} is a whole number from 1.`);
}
