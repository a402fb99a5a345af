import { AppError } from '../errors.js';
import type { PlatformName } from '../platforms/platform.js';
import type { EndReason } from '../sessions/session-rows.js';

/** A login whose code or password was right, before it has a session. */
export interface LoginEvent {
  /** Whom the session would act as. */
  readonly user: { readonly id: string; readonly createdAt: Date };
  /** Whether this login made the user. */
  readonly isNewUser: boolean;
  /** The phone, as its platform knows it. */
  readonly identity: {
    readonly platform: PlatformName;
    readonly appid: string;
    readonly openid: string;
    readonly unionid: string | null;
  };
  readonly tenant: string;
  /** The address it came from, as TRUST_PROXY makes it believable. */
  readonly ip: string | null;
  /** The User-Agent that it named: at most 200 characters of anything. */
  readonly device: string | null;
  readonly by: 'code' | 'password';
}

export interface UserCreatedEvent {
  readonly user: { readonly id: string; readonly createdAt: Date };
  readonly tenant: string;
}

export interface UsersMergedEvent {
  /** Who survives. */
  readonly userId: string;
  /** Who they were as well: this id names the survivor from now on. */
  readonly mergedUserId: string;
  readonly because: 'unionid' | 'asked' | 'password';
}

/** Why a session that somebody could use has ended. */
export type SessionEndReason = Exclude<EndReason, 'not stored' | 'vetoed' | 'identity moved'>;

export interface SessionEndedEvent {
  readonly sessionId: string;
  readonly userId: string;
  readonly reason: SessionEndReason;
}

/**
 * What a back-end developer is told of. Each is called after what it tells of is in the database, and never with a token or
 * a session_key. What it throws, or rejects with, is logged and nobody else's failure; it may take 5 s.
 */
export interface Hooks {
  /**
   * Asked before the session of a login exists, and waited for: `false` refuses the login with FORBIDDEN. One that throws, or
   * takes more than 5 s, refuses nothing. Not asked for a repeat that is answered the session it had.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that decides nothing returns nothing
  onLogin?(login: LoginEvent): boolean | void | Promise<boolean | void>;
  /** Somebody new: once for each user, before the `onLogin` of the login that made them. Not waited for. */
  onUserCreated?(created: UserCreatedEvent): void | Promise<void>;
  /** Not waited for. */
  onUsersMerged?(merged: UsersMergedEvent): void | Promise<void>;
  /** At least once for each session that is ended; not for one that runs out. Not waited for. */
  onSessionEnded?(ended: SessionEndedEvent): void | Promise<void>;
}

/** The names there are; another one is a mistake. */
export const HOOK_NAMES: Readonly<Record<keyof Hooks, true>> = {
  onLogin: true,
  onUserCreated: true,
  onUsersMerged: true,
  onSessionEnded: true,
};

/** What a login is answered that `onLogin` refuses. */
export function vetoed(): AppError {
  return new AppError('FORBIDDEN', { message: 'This login is not allowed.', detail: 'onLogin refused it' });
}
