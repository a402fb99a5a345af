import { createBindPhoneNumber } from './auth/bind-phone-number.js';
import { createChangePassword } from './auth/change-password.js';
import { createCheckPassword } from './auth/check-password.js';
import { createCloseAccount } from './auth/close-account.js';
import { createDecryptOpenData } from './auth/decrypt-open-data.js';
import type { EndingParts } from './auth/finish-ending.js';
import { createLinkIdentity } from './auth/link-identity.js';
import { createListSessions } from './auth/list-sessions.js';
import { createLogIn } from './auth/log-in.js';
import { createLogOut } from './auth/log-out.js';
import { createLogInWithPassword } from './auth/login-with-password.js';
import { createRegister } from './auth/register.js';
import { createRevokeSession } from './auth/revoke-session.js';
import { createRevokeSessions } from './auth/revoke-sessions.js';
import { createShowUser } from './auth/show-user.js';
import { createUnlinkIdentity } from './auth/unlink-identity.js';
import { createUpdateProfile } from './auth/update-profile.js';
import type { Config } from './config.js';
import type { Verbs } from './graphql/context.js';
import type { KeyRing } from './lib/key-ring.js';
import type { Breaker } from './limits/breaker.js';
import type { LoginLimiter } from './limits/login-limiter.js';
import { createPasswordLimiter } from './limits/password-limiter.js';
import { describeCause, type Log } from './observe/log.js';
import type { App, Platform, PlatformName } from './platforms/platform.js';
import type { Redis } from './redis.js';
import type { Lifetimes } from './sessions/lifetimes.js';
import type { PasswordHasher } from './users/password-hasher.js';
import { createPasswords } from './users/passwords.js';
import type { WechatApi } from './wechat/index.js';

/** Connects what a person can do. */
export function composeVerbs(parts: {
  config: Config;
  apps: readonly App[];
  limitLogins: LoginLimiter;
  /** Where processes count together. */
  redis: Redis | null;
  passwordHasher: PasswordHasher | undefined;
  platforms: ReadonlyMap<PlatformName, Platform>;
  breaker: Breaker;
  wechat: WechatApi;
  ending: EndingParts;
  keys: KeyRing;
  lifetimes: Lifetimes;
  now: () => number;
  log: Log;
}): Verbs {
  const { config, apps, limitLogins, redis, passwordHasher, platforms, breaker, wechat, ending, keys, log } = parts;
  const { lifetimes, now } = parts;
  const { sessionsPerUser, openDataMaxAgeMs } = config;
  const allowDevtoolsCode = config.environment !== 'production';
  const byCode = { apps, limitLogins, platforms, breaker, ...ending, keys, allowDevtoolsCode };
  const logIn = createLogIn({
    ...byCode,
    ...{ lifetimes, sessionsPerUser, now },
    onUnfinishedEnding: (error) =>
      log.warn(describeCause(error), 'sessions that a login has ended are not deleted yet'),
  });
  const passwords = createPasswords(passwordHasher);
  const checkPassword = createCheckPassword(createPasswordLimiter(redis));
  const decryptOpenData = createDecryptOpenData({ ...ending, keys, openDataMaxAgeMs });
  const withPasswords = { ...ending, passwords, checkPassword };
  return {
    logIn,
    logOut: createLogOut(ending),
    listSessions: createListSessions(ending),
    revokeSession: createRevokeSession(ending),
    revokeSessions: createRevokeSessions(ending),
    register: createRegister(withPasswords),
    logInWithPassword: createLogInWithPassword({ ...withPasswords, logIn }),
    changePassword: createChangePassword(withPasswords),
    showUser: createShowUser(ending),
    linkIdentity: createLinkIdentity(byCode),
    unlinkIdentity: createUnlinkIdentity(ending),
    updateProfile: createUpdateProfile({
      ...ending,
      apps,
      checkText: config.checkNicknames ? wechat.msgSecCheck : null,
    }),
    closeAccount: createCloseAccount(byCode),
    decryptOpenData,
    bindPhoneNumber: createBindPhoneNumber({
      ...{ ...ending, apps, decryptOpenData },
      ...{ accessTokens: wechat.accessTokens, askPhoneNumber: wechat.askPhoneNumber },
      phoneDailyBudget: config.phoneDailyBudget,
    }),
  };
}
