import { createAccessTokens } from './access-tokens.js';
import { createAccounts } from './accounts.js';
import { answerCall } from './answer-call.js';
import { answerExchange } from './answer-exchange.js';
import type { ApiCallRecord } from './api-call-record.js';
import { checkPath, EXCHANGE_PATH } from './api-paths.js';
import { type Apis, createApis } from './apis.js';
import { type SimulatedAppOptions, simulateApps } from './apps.js';
import { createCodeTable, createPhoneCode } from './codes.js';
import { createExchangeLog } from './exchange-log.js';
import { checkFault } from './faults.js';
import { SimulatorMisuse } from './misuse.js';
import type { SimulatedWechat } from './orders.js';
import type { PhoneTap } from './phone-number-api.js';
import { createPhones } from './phones.js';
import { createQuota } from './quota.js';
import { createRecent } from './recent.js';
import { checkPayload, sealOpenData } from './seal-open-data.js';
import { createStandingFaultsByPath } from './standing-faults.js';
import type { SentMessage } from './subscribe-message.js';
import { createSubscriptions, isTemplateId } from './subscriptions.js';
import { createUserList, defaultUsers, type SimulatedUserOptions } from './users.js';
import type { WechatAnswer } from './wechat-answer.js';
import type { WechatRequest } from './wechat-request.js';

export type { SimulatedWechat } from './orders.js';

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

const RECENT_LIMIT = 1_000;

/**
 * A WeChat without a server. `answer` is what its APIs answer to a request, however that came.
 *
 * @throws SimulatorMisuse (a TypeError) when two users or apps are the same, or an option is not of its form
 */
export function createSimulatedWechat(options: SimulatedWechatOptions = {}): {
  wechat: SimulatedWechat;
  answer(request: WechatRequest): WechatAnswer;
} {
  const { quotaPerMinute = null, now = Date.now } = options;
  if (quotaPerMinute !== null) checkCount('quotaPerMinute', quotaPerMinute);
  const apps = simulateApps(options);
  const [{ appid: firstAppid, secret }] = apps;
  const users = createUserList(firstAppid, options.users ?? defaultUsers);
  const accounts = createAccounts(users, firstAppid, now);
  const phones = createPhones(accounts, now);
  const phoneCodes = createCodeTable<PhoneTap>(createPhoneCode, now);
  const accessTokens = createAccessTokens(now);
  const subscriptions = createSubscriptions();
  const messages = createRecent<SentMessage>(RECENT_LIMIT);
  const calls = createRecent<ApiCallRecord>(RECENT_LIMIT);
  const standingFaults = createStandingFaultsByPath();
  const log = createExchangeLog();
  const apis: Apis = createApis({ apps, accounts, accessTokens, phoneCodes, subscriptions, messages, now });
  const quota = createQuota(quotaPerMinute, now);
  const exchangeDeps = { apps, phones, quota, standingFaults: standingFaults[EXCHANGE_PATH], log, now };

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
    phoneCode: (username, { appid = firstAppid } = {}) =>
      phoneCodes.issue({ appid: checkApp(appid), account: accounts.of(username, appid) }),
    encrypt: (username, payload, { appid = firstAppid, timestamp = Math.floor(now() / 1000) } = {}) => {
      if (!Number.isSafeInteger(timestamp)) throw new SimulatorMisuse('timestamp is a whole number of seconds.');
      return sealOpenData(accounts.of(username, checkApp(appid)), appid, checkPayload(payload), timestamp);
    },
    subscribe: (username, templateId, { appid = firstAppid, times = 1 } = {}) => {
      checkCount('times', times);
      if (!isTemplateId(templateId)) throw new SimulatorMisuse('templateId has 1 to 64 printable characters.');
      subscriptions.add(checkApp(appid), accounts.of(username, appid).openid, templateId, times);
    },
    messages: (username) => {
      const name = username === undefined ? null : users.find(username).username;
      return messages.all().filter((message) => name === null || message.username === name);
    },
    revokeAccessTokens: (appid) => {
      for (const each of appid === undefined ? apps.map((app) => app.appid) : [checkApp(appid)])
        accessTokens.revoke(each);
    },
    fail: (fault, { times = Number.POSITIVE_INFINITY, appid, path = EXCHANGE_PATH } = {}) => {
      if (times !== Number.POSITIVE_INFINITY) checkCount('times', times);
      const ordered = fault === null ? null : checkFault(fault);
      standingFaults[checkPath(path)].order(ordered, times, appid === undefined ? null : checkApp(appid));
    },
    exchanges: (code) => log.all().filter((exchange) => code === undefined || exchange.code === code),
    calls: (path) => {
      const ofPath = path === undefined ? null : checkPath(path);
      return calls.all().filter((call) => ofPath === null || call.path === ofPath);
    },
    addUser: users.add,
  };

  function answer(request: WechatRequest): WechatAnswer {
    const path = isCallPath(request.path, apis) ? request.path : null;
    if (path === null) return answerExchange(request, exchangeDeps);
    return answerCall(path, apis[path], request, {
      apps,
      accessTokens,
      standingFaults: standingFaults[path],
      calls,
      now,
    });
  }
  return { wechat, answer };
}

function isCallPath(path: string, apis: Apis): path is keyof Apis {
  return Object.hasOwn(apis, path);
}

function checkCount(name: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 1) throw new SimulatorMisuse(`${name} is a whole number from 1.`);
}
