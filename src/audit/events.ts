/** One kind of thing that happens. */
export interface EventRow {
  /** When it is written, and by what. */
  readonly when: string;
  /** What `details` holds, beside what every event has. */
  readonly details: Readonly<Record<string, string>>;
}

/**
 * All that is written down for operators. What every event has: `id`, `at`, `type`, and where they apply `userId`,
 * `sessionId`, `appid`, `openid`, `ip`. No event holds a token, a code, a session_key or a password.
 */
export const eventTable = {
  login: {
    when: 'A login was answered. A repeat of it is none.',
    details: { by: '`code` or `password`', isNewUser: 'whether the login made the user' },
  },
  login_refused: {
    when: 'The platform, menjin or the hook `onLogin` refused a login. Not written for what limits refuse, for input of a wrong form, nor for logins that are refused because the platform has failed and is not asked.',
    details: {
      by: '`code` or `password`',
      code: 'the error code that was answered',
      errcode: "the platform's number, where it gave one",
      rid: "the platform's name of its answer, where it gave one: its support asks for it",
      username: 'the account that was asked for, of a login by password',
    },
  },
  logout: { when: 'A session was ended by its own token.', details: {} },
  revoke: {
    when: 'Sessions were ended by their user, other than by logging out, or by an operator. When an operator ends those of everybody, there is one event for each hundred, with no user.',
    details: { ended: 'how many live ones', by: '`viewer` or `operator`' },
  },
  register: { when: 'A user got a username and a password.', details: { username: 'the new one' } },
  password_changed: {
    when: 'A user got another password.',
    details: { sessionsEnded: 'how many live sessions ended with it' },
  },
  identity_linked: { when: 'An identity came to a user who was there before.', details: { identityId: 'which one' } },
  identity_unlinked: { when: 'An identity was taken from its user.', details: { identityId: 'which one' } },
  users_merged: {
    when: 'Two users became one. `userId` is who survives.',
    details: {
      merged: 'the id that names the survivor from now on',
      because:
        '`unionid` (the platform says that both are one person), `asked` (linkIdentity), `password` (loginWithPassword) or `operator`',
      takes: 'what the survivor took',
      drops: 'what both had, of which the survivor kept their own',
    },
  },
  profile_changed: { when: 'A person changed what they say of themselves.', details: { fields: 'which fields' } },
  phone_bound: {
    when: 'A user got a phone number that the platform vouches for. The number is not written down here.',
    details: { by: '`code` (the platform was asked) or `data` (encrypted data of the phone)' },
  },
  session_key_reset: {
    when: "An operator, or back-end code, had the platform replace an identity's session_key.",
    details: {},
  },
  banned: { when: 'An operator banned a user.', details: { sessionsEnded: 'how many live sessions ended with it' } },
  unbanned: { when: 'An operator took a ban back.', details: {} },
  account_closed: {
    when: 'A person closed their account.',
    details: { identities: 'how many identities were freed', sessionsEnded: 'how many live sessions ended with it' },
  },
} as const satisfies Record<string, EventRow>;

export type EventType = keyof typeof eventTable;

type Detail = string | number | boolean | null | readonly string[];

/** Something that happened. */
export type AuditEvent = {
  readonly [Type in EventType]: {
    readonly type: Type;
    readonly userId?: string | null;
    readonly sessionId?: string | null;
    readonly appid?: string | null;
    readonly openid?: string | null;
    readonly ip?: string | null;
    readonly details?: Readonly<Partial<Record<keyof (typeof eventTable)[Type]['details'], Detail>>>;
  };
}[EventType];
