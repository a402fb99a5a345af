import type { Guard } from './fault.js';

export const upstreamGuards: Readonly<Record<string, Guard>> = {
  'fixed-sentences': {
    keeps: 'Nothing of an answer, and nothing of the address that was asked, gets into an error.',
    off: [
      {
        file: 'src/fetch-json.ts',
        from: "throw new FetchJsonError('not_json');",
        to: "throw new FetchJsonError('not_json', text);",
      },
      {
        file: 'src/fetch-json.ts',
        from: "return new FetchJsonError(kind ?? 'failed', causeCode);",
        to: "return new FetchJsonError(kind ?? 'failed', String(error));",
      },
    ],
  },
  'labels-do-not-count': {
    keeps: 'An answer is read as JSON whatever its label says.',
    off: [
      {
        file: 'src/fetch-json.ts',
        from: 'if (!response.ok) return',
        to: "if (!response.ok || response.headers.get('content-type') !== 'application/json') return",
      },
    ],
  },
  'answer-is-object': {
    keeps: 'Fields are looked for in an object only.',
    off: [
      {
        file: 'src/wechat/ask.ts',
        from: "if (typeof body !== 'object' || body === null) return null;",
        to: '',
      },
    ],
  },
  'openid-form': {
    keeps: 'Nobody is logged in without an openid and a session_key that have the form of one.',
    off: [
      {
        file: 'src/platforms/wechat.ts',
        from: 'if (!isIdentifier(openid) || !isIdentifier(sessionKey)) return null;',
        to: '',
      },
    ],
  },
  'errcode-first': {
    keeps: 'An errcode that is not 0 counts more than an openid beside it.',
    off: [
      {
        file: 'src/wechat/ask.ts',
        from: 'if (errcode !== 0) return',
        to: 'if (fields.openid === undefined) return',
      },
    ],
  },
  'few-waits': {
    keeps: 'A busy platform is asked at most four times for one code.',
    off: [{ file: 'src/platforms/wechat.ts', from: '? waitsMs.shift() : undefined', to: '? waitsMs[0] : undefined' }],
  },
  'refused-is-final': {
    keeps: 'A code that was refused is not sent again.',
    off: [
      {
        file: 'src/platforms/wechat.ts',
        from: 'const { retry } = errcodeRow(answer.errcode);',
        to: "const retry = 'after a wait' as ReturnType<typeof errcodeRow>['retry'];",
      },
    ],
  },
  'errcode-table': {
    keeps: 'What the platform says is told to those who can do something about it.',
    off: [
      {
        file: 'src/wechat/errcodes.ts',
        from: 'return errcodes.get(errcode) ?? unknownErrcode;',
        to: 'return unknownErrcode;',
      },
    ],
  },
  'unknown-errcodes': {
    keeps: 'An errcode that is not in the table has an answer all the same.',
    off: [
      {
        file: 'src/wechat/errcodes.ts',
        from: 'return errcodes.get(errcode) ?? unknownErrcode;',
        to: 'return errcodes.get(errcode) as ErrcodeRow;',
      },
    ],
  },
  'no-resend': {
    keeps: 'A request is sent once: what it carries may be good for one use only.',
    off: [
      { file: 'src/fetch-json.ts', from: 'retry: 0,', to: 'retry: 1,' },
      { file: 'src/fetch-json.ts', from: 'ignoreResponseError: true,', to: '' },
    ],
  },
  deadline: {
    keeps: 'A request ends at its deadline.',
    off: [{ file: 'src/fetch-json.ts', from: '    signal,\n', to: '' }],
  },
  'deadline-over-body': {
    keeps: 'The deadline holds until the whole body has come.',
    off: [{ file: 'src/fetch-json.ts', from: '    signal,\n', to: '    timeout: 5000,\n' }],
  },
  'answer-size': {
    keeps: 'An answer is cut at 64 KiB, counted after it was unpacked.',
    off: [{ file: 'src/fetch-json.ts', from: "if (size > maxBytes) throw new FetchJsonError('too_large');", to: '' }],
  },
  'no-redirects': {
    keeps: 'A code and a secret go to the host of the configuration and to no other.',
    off: [{ file: 'src/fetch-json.ts', from: "redirect: 'manual'", to: "redirect: 'follow'" }],
  },
  certificates: {
    keeps: 'A certificate is checked, and no setting of ours turns that off.',
    off: [
      {
        file: 'src/fetch-json.ts',
        from: "await import('ofetch');",
        to: "await import('ofetch');\n  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';",
      },
    ],
  },
  'own-fields': {
    keeps: 'Fields are read where the parser put them, and are not copied by assignment.',
    off: [
      {
        file: 'src/wechat/ask.ts',
        from: 'const fields = body as Record<string, unknown>;',
        to: 'const fields: Record<string, unknown> = Object.assign({}, body);',
      },
    ],
  },
  breaker: {
    keeps: 'A platform that does not answer is left alone until it does.',
    off: [{ file: 'src/limits/breaker.ts', from: 'circuit.isOpen = true;', to: '' }],
  },
  'single-flight': {
    keeps: 'Requests for the same login that are under way together share one exchange.',
    off: [{ file: 'src/lib/single-flight.ts', from: 'if (running !== undefined) return running;', to: '' }],
  },
  'identity-per-app': {
    keeps: 'An identity is one openid of one app.',
    off: [{ file: 'src/users/identities.ts', from: "    .where('appid', '=', key.appid)\n", to: '' }],
  },
};
