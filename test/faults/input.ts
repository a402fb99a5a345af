import type { FaultGroup } from './fault.js';

const HERE = 'test/faults/input.test.ts';

/** What clients send, by mistake or on purpose. */
export const inputFaults: FaultGroup = {
  faults: [
    {
      number: 70,
      fault: 'A body is longer than its limit, announced or without end.',
      guard: 'body-limit',
      test: HERE,
      title: 'is read no further than its limit: %s',
    },
    {
      number: 71,
      fault: 'Clients send their headers byte by byte, or keep connections and say nothing.',
      guard: 'headers-timeout',
      test: 'test/http/crowd.test.ts',
      title: 'a slow loris does not keep others from being served',
    },
    {
      number: 72,
      fault: 'One request asks for ten thousand logins under aliases.',
      guard: 'token-limit',
      test: 'test/graphql/limits.test.ts',
      title: 'ten thousand aliases of login are refused before anything runs, and so are a thousand, sixty and fifteen',
    },
    {
      number: 73,
      fault: 'One operation logs in twice.',
      guard: 'one-login',
      test: 'test/graphql/limits.test.ts',
      title: 'two logins in one operation are refused, however they are written',
    },
    {
      number: 74,
      fault: 'One request holds a list of operations.',
      guard: 'no-batches',
      test: 'test/http/refusals.test.ts',
      title: 'is answered with $status $code: $title',
      row: 'a batch',
    },
    {
      number: 75,
      fault: 'A document, or its variables, is ten thousand levels deep.',
      guard: 'depth-limit',
      test: 'test/graphql/limits.test.ts',
      title: 'depth is refused, of selections, of lists and objects in the document, and of variables',
    },
    {
      number: 76,
      fault: 'A document stands for a million fields by fragments in fragments, or for endless ones.',
      guard: 'fragments-count',
      test: 'test/graphql/limits.test.ts',
      title: 'fragment bombs and circles of fragments cost no more than their text',
    },
    {
      number: 77,
      fault: 'A document repeats a field or a directive thousands of times.',
      guard: 'field-limit',
      test: 'test/graphql/limits.test.ts',
      title: 'duplicate fields and directives are refused by their number',
    },
    {
      number: 78,
      fault: 'A name or a string of a megabyte, or a thousand variables.',
      guard: 'token-limit',
      test: 'test/graphql/limits.test.ts',
      title: 'tokens, lines, size and variables are refused by their number',
    },
    {
      number: 79,
      fault: 'Text is not UTF-8, or holds what is no character.',
      guard: 'strict-utf-8',
      test: HERE,
      title: 'is refused before any call is made: %s',
      row: 'bytes that are not UTF-8',
    },
    {
      number: 80,
      fault: 'JSON carries the names that every object inherits, or a key twice.',
      guard: 'bodies-stay-apart',
      test: 'test/http/refusals.test.ts',
      title: 'is answered: %s',
      row: '__proto__ in the body',
    },
    {
      number: 81,
      fault: 'A body is no JSON, or JSON that is no GraphQL request.',
      guard: 'one-shape-of-error',
      test: 'test/http/refusals.test.ts',
      title: 'is answered with $status $code: $title',
      row: 'a body that is not JSON',
    },
    {
      number: 82,
      fault: 'A page of another site sends what a form can send.',
      guard: 'json-only',
      test: 'test/http/refusals.test.ts',
      title: 'is answered with $status $code: $title',
      row: 'the content type text/plain',
    },
    {
      number: 83,
      fault: 'A request has a method that its path does not know, or a body where none is read.',
      guard: 'no-body-of-a-get',
      test: 'test/http/wire.test.ts',
      title: 'are refused in JSON: %s',
      row: 'a GET with a body',
    },
    {
      number: 84,
      fault: 'Nobody would read an answer in JSON.',
      guard: 'accept-first',
      test: 'test/http/refusals.test.ts',
      title: 'a login that nobody would read the answer of does not use up its code',
    },
    {
      number: 85,
      fault: 'A request carries two tokens, of which a proxy may have checked the other.',
      guard: 'single-headers',
      test: 'test/http/wire.test.ts',
      title: 'are refused in JSON: %s',
      row: 'two tokens',
    },
    {
      number: 86,
      fault: 'An Authorization header is of another scheme, or of no form at all.',
      guard: 'broken-is-not-anonymous',
      test: 'test/http/authorization.test.ts',
      title: 'is refused without asking a store: %s',
      row: 'another scheme',
    },
    {
      number: 87,
      fault: 'A token is of a form that no token has.',
      guard: 'token-form',
      test: 'test/http/authorization.test.ts',
      title: 'is refused without asking a store: %s',
      row: 'another alphabet',
    },
    {
      number: 88,
      fault: 'Bytes that one reader takes for the end of a header or a body, and another does not.',
      guard: 'strict-parser',
      test: 'test/http/wire.test.ts',
      title: 'are refused in JSON: %s',
      row: 'a NUL in a header',
    },
    {
      number: 89,
      fault: 'Headers are huge, or thousands.',
      guard: 'all-headers-seen',
      test: 'test/http/wire.test.ts',
      title: 'are refused in JSON: %s',
      row: 'a second token behind 2000 headers',
    },
    {
      number: 90,
      fault: 'A client says in X-Forwarded-For that it is somebody else.',
      guard: 'forwarded-by-the-trusted',
      test: HERE,
      title: 'decides who is counted: $title',
      row: 'nothing where no proxy is trusted',
    },
    {
      number: 91,
      fault: 'A code would be something else in a URL, or is none.',
      guard: 'code-form',
      test: 'test/flows/login.test.ts',
      title: '%s is BAD_USER_INPUT, before any call is made',
      row: 'a code that would add a parameter',
    },
    {
      number: 92,
      fault: 'An object stands where a code is due.',
      guard: 'values-stay',
      test: HERE,
      title: 'is refused and does not come back: the %s',
    },
    {
      number: 93,
      fault: 'Somebody explores the schema of a production gateway.',
      guard: 'schema-stays',
      test: 'test/graphql/cop.test.ts',
      title: 'introspection is off in production, and no error suggests a name',
    },
    {
      number: 94,
      fault: 'A query is named by a hash.',
      guard: 'no-persisted-queries',
      test: 'test/graphql/cop.test.ts',
      title: 'the hash of a persisted query finds nothing, whatever it is, and stores nothing',
    },
    {
      number: 95,
      fault: 'An operation has no single answer, or is not there.',
      guard: 'no-subscriptions',
      test: 'test/graphql/cop.test.ts',
      title: 'a subscription, a deferred part and an operation that is not there are refused',
    },
    {
      number: 96,
      fault: 'A client leaves in the middle of a login.',
      guard: 'no-line-for-the-gone',
      test: HERE,
      title: 'leaves a whole session or none, and no line of a failure, by a TCP %s',
      row: 'close',
    },
    {
      number: 97,
      fault: 'Requests follow each other on a connection without waiting, and one is broken.',
      guard: 'answers-in-order',
      test: 'test/http/wire.test.ts',
      title: 'answers what came before bytes that are no HTTP, and then these',
    },
    {
      number: 98,
      fault: 'A page of another site asks with a user’s browser.',
      guard: 'listed-origins',
      test: 'test/http/cross-origin.test.ts',
      title: 'may read answers only when allowed: %s',
      row: 'one that is not listed',
    },
  ],
  guards: {
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
          from: "ofOperation(1, 'field that logs in')",
          to: "ofOperation(1000, 'field that logs in')",
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
      off: [
        { file: 'src/auth/authenticate.ts', from: "    if (!isToken(token)) return { state: 'refused' };\n", to: '' },
      ],
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
    'no-subscriptions': {
      keeps: 'A subscription is refused before it runs.',
      off: [
        {
          file: 'src/graphql/apollo.ts',
          from: 'plugins: [...plugins, refuseSubscriptions()]',
          to: 'plugins: [...plugins]',
        },
      ],
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
  },
};
