import type { Guard } from './fault.js';

export const inputGuards: Readonly<Record<string, Guard>> = {
  'body-limit': {
    keeps: 'No body is read beyond 64 KiB.',
    off: [{ file: 'src/http/server.ts', from: 'bodyLimit: BODY_LIMIT_BYTES,', to: 'bodyLimit: 2 ** 40,' }],
  },
  'headers-timeout': {
    keeps: 'Headers arrive in time, or the connection ends.',
    off: [{ file: 'src/http/server.ts', from: 'headersTimeout: timeouts.headersMs,', to: 'headersTimeout: 0,' }],
  },
  'token-limit': {
    keeps: 'A document has at most 1000 tokens.',
    off: [
      {
        file: 'src/graphql/limits.ts',
        from: "tokens: ofDocument(1000, 'tokens')",
        to: "tokens: ofDocument(1_000_000, 'tokens')",
      },
    ],
  },
  'one-login': {
    keeps: 'An operation logs in once.',
    off: [
      {
        file: 'src/graphql/limits.ts',
        from: "ofOperation(1, 'field that logs in, takes a code or opens data')",
        to: "ofOperation(1000, 'field that logs in, takes a code or opens data')",
      },
    ],
  },
  'no-batches': {
    keeps: 'One request is one operation.',
    off: [
      {
        file: 'src/graphql/apollo.ts',
        from: 'allowBatchedHttpRequests: false',
        to: 'allowBatchedHttpRequests: true',
      },
    ],
  },
  'depth-limit': {
    keeps: 'Selections are at most 20 levels deep.',
    off: [{ file: 'src/graphql/limits.ts', from: 'depth: ofOperation(20,', to: 'depth: ofOperation(20_000,' }],
  },
  'fragments-count': {
    keeps: 'What is in a fragment counts wherever it is spread.',
    off: [{ file: 'src/graphql/operation-cost.ts', from: '    costs.set(name, cost);\n', to: '' }],
  },
  'field-limit': {
    keeps: 'An operation asks for at most 400 fields.',
    off: [{ file: 'src/graphql/limits.ts', from: 'fields: ofOperation(400,', to: 'fields: ofOperation(400_000,' }],
  },
  'strict-utf-8': {
    keeps: 'Bytes that are not UTF-8 are refused, not replaced.',
    off: [
      {
        file: 'src/http/json-body.ts',
        from: "new TextDecoder('utf-8', { fatal: true })",
        to: "new TextDecoder('utf-8')",
      },
    ],
  },
  'bodies-stay-apart': {
    keeps: 'Bodies are parsed to objects of their own, and merged into none.',
    off: [
      {
        file: 'src/http/json-body.ts',
        from: 'return JSON.parse(UTF_8.decode(body));',
        to: "const merge = (from, into = {}) => {\n          for (const key in from) into[key] = typeof from[key] === 'object' ? merge(from[key], into[key]) : from[key];\n          return into;\n        };\n        return merge(JSON.parse(UTF_8.decode(body)));",
      },
    ],
  },
  'one-shape-of-error': {
    keeps: 'Every refusal is in our shape, whoever throws it.',
    off: [{ file: 'src/http/server.ts', from: '  app.setErrorHandler(refusals.answerError);\n', to: '' }],
  },
  'json-only': {
    keeps: 'Bodies are read as JSON and as nothing else.',
    off: [{ file: 'src/http/json-body.ts', from: '  app.removeAllContentTypeParsers();\n', to: '' }],
  },
  'no-body-of-a-get': {
    keeps: 'A GET with a body is refused.',
    off: [
      {
        file: 'src/http/strict-requests.ts',
        from: "if (method === 'GET' && hasBody(headers)) throw new HttpRefusal(400);",
        to: '',
      },
    ],
  },
  'accept-first': {
    keeps: 'Whether the answer is wanted is asked before anything runs.',
    off: [
      {
        file: 'src/http/strict-requests.ts',
        from: 'if (isGraphql && !acceptsAnswer(request.method, headers.accept)) throw new HttpRefusal(406);',
        to: '',
      },
    ],
  },
  'single-headers': {
    keeps: 'Headers that say who asks for what stand once.',
    off: [
      {
        file: 'src/http/strict-requests.ts',
        from: '!isHost(host) || hasRepeatedHeader(rawHeaders)',
        to: '!isHost(host)',
      },
    ],
  },
  'broken-is-not-anonymous': {
    keeps: 'What is no token is a token that names no session.',
    off: [{ file: 'src/http/bearer.ts', from: '?? NO_TOKEN', to: '?? null' }],
  },
  'token-form': {
    keeps: 'What has not the form of a token costs no store call.',
    off: [{ file: 'src/auth/authenticate.ts', from: '    if (!isToken(token)) return null;\n', to: '' }],
  },
  'strict-parser': {
    keeps: 'Node reads HTTP by the letter.',
    off: [
      {
        file: 'src/http/server.ts',
        from: 'requireHostHeader: false,',
        to: 'requireHostHeader: false, insecureHTTPParser: true,',
      },
    ],
  },
  'all-headers-seen': {
    keeps: 'Every header is looked at, however many there are.',
    off: [{ file: 'src/http/server.ts', from: '  app.server.maxHeadersCount = 0;\n', to: '' }],
  },
  'forwarded-by-the-trusted': {
    keeps: 'X-Forwarded-For counts only from proxies that are trusted.',
    off: [
      {
        file: 'src/http/trusted-proxies.ts',
        from: 'if (trustProxy === null) return false;',
        to: 'if (trustProxy === null) return true;',
      },
    ],
  },
  'code-form': {
    keeps: 'Only what looks like a code is sent to the platform.',
    off: [{ file: 'src/auth/login-input.ts', from: '/^[A-Za-z0-9_.-]{1,128}$/', to: '/[^]*/' }],
  },
  'values-stay': {
    keeps: 'An error says what is wrong without the value.',
    off: [
      {
        file: 'src/graphql/format-error.ts',
        from: '  if (variable !== null) return `Variable "$${variable[1]}" got a value that is not of its type.`;\n',
        to: '',
      },
    ],
  },
  'schema-stays': {
    keeps: 'No error suggests a name in production.',
    off: [
      {
        file: 'src/graphql/apollo.ts',
        from: 'hideSchemaDetailsFromClientErrors: isProduction',
        to: 'hideSchemaDetailsFromClientErrors: false',
      },
    ],
  },
  'no-persisted-queries': {
    keeps: 'A query is sent, not named.',
    off: [{ file: 'src/graphql/apollo.ts', from: '    persistedQueries: false,\n', to: '' }],
  },
  'trusted-only': {
    keeps: 'Where trusted documents are required, no other text is looked at.',
    off: [
      { file: 'src/http/trusted-requests.ts', from: 'trusted.isRequired && ', to: 'false && trusted.isRequired && ' },
    ],
  },
  'parsed-once': {
    keeps: 'Trusted documents are parsed at the start.',
    off: [
      {
        file: 'src/graphql/document-store.ts',
        from: 'if (always !== undefined) return always;',
        to: 'if (always !== undefined) return undefined;',
      },
    ],
  },
  'no-subscriptions': {
    keeps: 'A subscription is refused before it runs.',
    off: [{ file: 'src/graphql/apollo.ts', from: '      refuseSubscriptions(),\n', to: '' }],
  },
  'no-line-for-the-gone': {
    keeps: 'A client that has left is no failure.',
    off: [
      { file: 'src/http/refusals.ts', from: '      if (hasLeft(request)) return reply.code(400).send();\n', to: '' },
    ],
  },
  'answers-in-order': {
    keeps: 'What is no HTTP is answered after what came before it.',
    off: [{ file: 'src/http/broken-requests.ts', from: '    await earlierAnswers(socket);\n', to: '' }],
  },
  'listed-origins': {
    keeps: 'Only origins that are listed may read answers.',
    off: [
      {
        file: 'src/http/server.ts',
        from: 'corsOrigins.length > 0 ? [...corsOrigins] : isProduction ? false : LOCAL_ORIGIN',
        to: 'true',
      },
    ],
  },
};
