import type { FaultGroup } from './fault.js';

const DATA = 'test/flows/open-data.test.ts';
const KEYS = 'test/flows/session-keys.test.ts';

/** What happens to sealed data, session_keys and access tokens. */
export const wechatFaults: FaultGroup = {
  faults: [
    {
      number: 115,
      fault: 'Data was fetched before the last login, and comes after it.',
      guard: 'previous-key-opens',
      test: DATA,
      title: 'opens what was fetched before that login, to the token of either, and what is fetched after it',
    },
    {
      number: 116,
      fault: 'Somebody sends data of another person, of another app, or changed, and looks at how it is refused.',
      guard: 'one-refusal',
      test: DATA,
      title: 'is the same to the byte whatever did not open, and its one log line has the cause',
    },
    {
      number: 117,
      fault: 'Data is a millisecond too old.',
      guard: 'data-ages',
      test: DATA,
      title: 'takes what is five minutes old, and not a millisecond more',
    },
    {
      number: 118,
      fault: 'A session that was ended elsewhere a moment ago has data opened.',
      guard: 'data-asks-for-the-row',
      test: DATA,
      title: 'has the session that was ended elsewhere a moment ago no more, though this process remembers it',
    },
    {
      number: 119,
      fault: 'Somebody logs in while their session_key is reset.',
      guard: 'younger-key-stays',
      test: KEYS,
      title: 'while somebody logs in does not put its key in the place of the younger one',
    },
    {
      number: 120,
      fault: 'All keys are sealed anew while a session_key is reset.',
      guard: 'keys-are-compared-open',
      test: KEYS,
      title: 'while an operator seals all keys anew is kept all the same',
    },
    {
      number: 121,
      fault: 'Somebody else has the access token replaced in the middle of many calls.',
      guard: 'refused-token-is-got-again',
      test: 'test/flows/access-token.test.ts',
      title: 'that somebody else has replaced in the middle is got again, and no call fails',
    },
  ],
  guards: {
    'previous-key-opens': {
      keeps: 'The session_key before the last one opens what it has sealed.',
      off: [
        {
          file: 'src/auth/decrypt-open-data.ts',
          from: 'previousSessionKey === null ? null : open(keys, previousSessionKey, place)',
          to: 'null',
        },
      ],
    },
    'one-refusal': {
      keeps: 'Who is refused does not learn why.',
      off: [
        {
          file: 'src/wechat/open-data.ts',
          from: "action: 'LOGIN_AGAIN', detail, log",
          to: "action: 'LOGIN_AGAIN', reason: current.fault, detail, log",
        },
      ],
    },
    'data-ages': {
      keeps: 'Data is taken for as long as OPEN_DATA_MAX_AGE says.',
      off: [{ file: 'src/wechat/open-data.ts', from: '<= maxAgeMs;', to: '<= maxAgeMs + 1;' }],
    },
    'data-asks-for-the-row': {
      keeps: 'Data is opened for a session that is open now.',
      off: [{ file: 'src/auth/decrypt-open-data.ts', from: '      await checkStillOpen(sql, viewer);\n', to: '' }],
    },
    'younger-key-stays': {
      keeps: 'A reset does not overwrite the key of a login that came in between.',
      off: [
        {
          file: 'src/auth/session-keys.ts',
          from: 'if (isReplaced) await',
          to: 'await',
        },
      ],
    },
    'keys-are-compared-open': {
      keeps: 'A key that was only sealed anew is the one that was reset.',
      off: [
        {
          file: 'src/auth/session-keys.ts',
          from: 'open(keys, identity.sessionKey, sessionKeyPlace(key)) === replaced',
          to: 'identity.sessionKey.includes(keys.first.kid)',
        },
      ],
    },
    'refused-token-is-got-again': {
      keeps: 'A call whose access token is refused is made once more, with another one.',
      off: [{ file: 'src/wechat/app-calls.ts', from: 'if (!isTokenRefusal(answer.errcode)) throw', to: 'throw' }],
    },
  },
};
