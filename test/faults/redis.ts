import type { FaultGroup } from './fault.js';

const HERE = 'test/faults/redis.test.ts';
const NETWORK = 'test/faults/redis-network.test.ts';

/** What Redis, or the network in front of it, does when sessions are kept there. */
export const redisFaults: FaultGroup = {
  faults: [
    {
      number: 25,
      fault: 'It is down when the gateway starts.',
      guard: 'no-code-spent-in-vain',
      test: HERE,
      title: 'down at start: the gateway starts and is not ready, spends no code, and gets well by itself',
    },
    {
      number: 26,
      fault: 'It is killed between the exchange of a code and the storing of its session.',
      guard: 'stored-before-open',
      test: HERE,
      title: 'killed between exchange and set: the login is not acknowledged, and the same again settles it',
    },
    {
      number: 27,
      fault: 'It is killed after a login was acknowledged, and restarted with its append-only file.',
      guard: 'reconnects-for-ever',
      test: HERE,
      title: 'killed after a login was acknowledged, and restarted with its append-only file: the session is there',
    },
    {
      number: 28,
      fault: 'It is restarted and has lost everything.',
      guard: 'mass-misses-alarm',
      test: HERE,
      title: 'restarted empty: its sessions are over, nothing else is, and one alarm says so',
    },
    {
      number: 29,
      fault: 'It takes connections and answers nothing, for seconds.',
      guard: 'silence-is-remembered',
      test: HERE,
      title: 'stopped like a black hole: refused within the deadline, then at once, and well again without a pile-up',
    },
    {
      number: 30,
      fault: 'The connection is half-open: nothing comes through, and nobody has ended it.',
      guard: 'dead-connection-noticed',
      test: NETWORK,
      title: 'a half-open connection: refused within the deadline, and left for a new one that works',
    },
    {
      number: 31,
      fault: 'Its answers are slow, some beyond the deadline.',
      guard: 'redis-deadline',
      test: NETWORK,
      title: 'slow beyond the deadline: refused, and a login that was written late is not written twice',
    },
    {
      number: 32,
      fault: 'The line carries a kilobyte a second, in pieces of one byte.',
      guard: 'deadline-is-patient',
      test: NETWORK,
      title: 'a kilobyte a second in pieces of one byte: slow, and right',
    },
    {
      number: 33,
      fault: 'The connection is reset in the middle of a reply.',
      guard: 'keyv-throws',
      test: NETWORK,
      title: 'a reset in the middle of a reply: refused, and well again on a new connection',
    },
    {
      number: 34,
      fault: 'It is out of memory and refuses to write.',
      guard: 'adapter-throws',
      test: HERE,
      title: 'out of memory: a login is refused, reads and logout work, and logins again when there is room',
    },
    {
      number: 35,
      fault: 'After a fail-over the connection leads to a read-only replica.',
      guard: 'leaves-replica',
      test: NETWORK,
      title: 'failed over while the connection leads to the old server, now a replica: left for the new one',
    },
    {
      number: 36,
      fault: 'Under our key is something that is no session of ours.',
      guard: 'foreign-type-is-corrupt',
      test: HERE,
      title: 'under our key, %s: no session, an alarm, and left there to be looked at',
      row: 'a value of another type',
    },
    {
      number: 37,
      fault: 'It wants a password that the gateway does not have.',
      guard: 'refusing-is-down',
      test: HERE,
      title: '%s: the gateway starts, is not ready, and refuses; nothing tells the password',
      row: 'no password',
    },
    {
      number: 38,
      fault: 'A lifetime of sessions is configured that is none.',
      guard: 'ttl-range',
      test: 'test/config.test.ts',
      title: '%s=%j is a fault of that name, with an example',
      row: 'SESSION_IDLE_TTL="0s"',
    },
    {
      number: 39,
      fault: 'It holds a million keys of others.',
      guard: 'one-key-per-session',
      test: HERE,
      title: 'shared with many keys of others: no request looks through them',
    },
    {
      number: 40,
      fault: 'Somebody logs out while it is down.',
      guard: 'deletion-confirmed',
      test: HERE,
      title: 'a logout while it is down: an error, never an answer; the same again settles it',
    },
  ],
  guards: {
    'no-code-spent-in-vain': {
      keeps: 'No code is exchanged for a session that is known not to be storable.',
      off: [{ file: 'src/auth/exchange.ts', from: '=> sessionStore.refusal() ?? breaker', to: '=> breaker' }],
    },
    'stored-before-open': {
      keeps: "A login is acknowledged only when its session's value was confirmed.",
      off: [
        {
          file: 'src/auth/open-session.ts',
          from: '    await store(row, value);\n',
          to: '    await store(row, value).catch(() => undefined);\n',
        },
      ],
    },
    'reconnects-for-ever': {
      keeps: 'A lost connection is made again, however long that takes.',
      off: [
        {
          file: 'src/redis.ts',
          from: 'reconnectStrategy: (attempts) =>',
          to: 'reconnectStrategy: (attempts) => attempts >= 0 ? false :',
        },
      ],
    },
    'mass-misses-alarm': {
      keeps: 'An operator hears that most tokens name no session all of a sudden.',
      off: [{ file: 'src/auth/authenticate.ts', from: '    noteLookup(value === null);\n', to: '' }],
    },
    'silence-is-remembered': {
      keeps: 'After one call went without an answer, others do not wait behind it.',
      off: [{ file: 'src/redis.ts', from: 'isSilent = true;', to: '' }],
    },
    'dead-connection-noticed': {
      keeps: 'A connection over which nothing comes is given up.',
      off: [{ file: 'src/redis.ts', from: '      socketTimeout: 4 * timeoutMs,\n', to: '' }],
    },
    'redis-deadline': {
      keeps: 'A call is waited for one second.',
      off: [
        { file: 'src/redis.ts', from: 'return await withDeadline(answer, timeoutMs);', to: 'return await answer;' },
      ],
    },
    'deadline-is-patient': {
      keeps: 'The deadline leaves a slow line the time it needs.',
      off: [
        {
          file: 'src/redis.ts',
          from: '  timeoutMs = 1000,\n): RedisConnection',
          to: '  timeoutMs = 100,\n): RedisConnection',
        },
      ],
    },
    'keyv-throws': {
      keeps: 'A value that could not be read is not one that is absent.',
      off: [{ file: 'src/sessions/session-store.ts', from: '    throwOnErrors: true,\n', to: '' }],
    },
    'adapter-throws': {
      keeps: 'What Redis refused to write is not taken for written.',
      off: [{ file: 'src/sessions/stores/redis.ts', from: 'throwOnErrors: true', to: 'throwOnErrors: false' }],
    },
    'leaves-replica': {
      keeps: 'A server that has become a replica is left for whoever answers at its address now.',
      off: [{ file: 'src/redis.ts', from: "        if (codeOf(error) === 'READONLY') leaveReplica();\n", to: '' }],
    },
    'foreign-type-is-corrupt': {
      keeps: 'A value of another type is no session and no failure of the store.',
      off: [
        {
          file: 'src/sessions/stores/redis.ts',
          from: "        if (codeOf(error) === 'WRONGTYPE') return FOREIGN;\n",
          to: '',
        },
      ],
    },
    'refusing-is-down': {
      keeps: 'A server that refuses pings counts as one that is down.',
      off: [{ file: 'src/redis.ts', from: '    isRefusing ||= error instanceof ErrorReply;\n', to: '' }],
    },
    'ttl-range': {
      keeps: 'Lifetimes are whole milliseconds between a second and ten years.',
      off: [{ file: 'src/options.ts', from: '.pipe(z.number().min(MIN_TTL_MS).max(MAX_TTL_MS))', to: '' }],
    },
    'one-key-per-session': {
      keeps: 'A session is found under its own key.',
      off: [
        {
          file: 'src/sessions/stores/redis.ts',
          from: 'await ask((client) => keyvOver(client).get(PREFIX + key), PREFIX + key)',
          to: 'await ask(async (client) => keyvOver(client).get((await client.keys(PREFIX + key))[0] ?? key), PREFIX + key)',
        },
      ],
    },
    'deletion-confirmed': {
      keeps: 'An end is answered only when the value is known to be gone.',
      off: [
        {
          file: 'src/auth/finish-ending.ts',
          from: 'await deleteValues(sessionStore, tokenHashes);',
          to: 'await deleteValues(sessionStore, tokenHashes).catch(() => undefined);',
        },
      ],
    },
  },
};
