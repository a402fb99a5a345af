import type { FaultGroup } from './fault.js';

const HERE = 'test/faults/process.test.ts';

/** What happens to the process itself: signals, clocks, limits of the system, and keys that change. */
export const processFaults: FaultGroup = {
  faults: [
    {
      number: 56,
      fault: 'It is told to stop while a hundred requests are under way.',
      guard: 'what-is-under-way-is-answered',
      test: HERE,
      title:
        'that is told to stop answers a hundred requests that are under way, refuses new ones, and ends with status 0',
    },
    {
      number: 57,
      fault: 'It is told to stop again while it stops.',
      guard: 'stops-once',
      test: 'test/http/shutdown.test.ts',
      title: 'stops once, however often it is told',
    },
    {
      number: 58,
      fault: 'It is told to stop while its stores hang.',
      guard: 'closing-waits-for-nobody',
      test: HERE,
      title: 'that is told to stop while both stores hang tells who waits, and ends by itself',
    },
    {
      number: 59,
      fault: 'It is killed -9 at any moment.',
      guard: 'acknowledged-is-on-disk',
      test: 'test/flows/processes.test.ts',
      title: 'killed -9 under 200 logins/s, every token that was handed out works after the restart',
    },
    {
      number: 60,
      fault: 'Its clock is two hours fast for a minute.',
      guard: 'values-stay-a-day',
      test: 'test/flows/sweep.test.ts',
      title:
        'a process whose clock is two hours fast for a minute loses nothing, and a revoke finds everything afterwards',
    },
    {
      number: 61,
      fault: 'Its clock goes back an hour, or to 1970.',
      guard: 'absolute-end-stands',
      test: HERE,
      title: 'that goes back %s ends no session, makes none live longer, and keeps nobody from logging in',
    },
    {
      number: 62,
      fault: 'The clocks of two hosts differ by 90 s.',
      guard: 'sessions-of-a-faster-clock',
      test: HERE,
      title: '90 s ahead of that of another host: the sessions and logins of each are good on the other',
    },
    {
      number: 63,
      fault: 'Its event loop is blocked for three seconds.',
      guard: 'what-came-in-a-stall-counts',
      test: HERE,
      title:
        'that does nothing for three seconds answers what came meanwhile, and what hangs in time, and keeps its connections',
    },
    {
      number: 64,
      fault: 'A promise rejects, and nobody handles it.',
      guard: 'ends-in-order-when-broken',
      test: HERE,
      title:
        'in which a promise rejects that nobody handles tells of it, answers what is under way, and ends with status 1',
    },
    {
      number: 65,
      fault: 'It may open no more files.',
      guard: 'no-descriptor-is-an-outage',
      test: HERE,
      title:
        'that may open no more files serves whom it can, refuses the others, and serves all when there are some again',
    },
    {
      number: 66,
      fault: 'The system has no random numbers to give.',
      guard: 'nothing-weak-is-random',
      test: HERE,
      title: 'whose system has no random numbers to give refuses logins, and nothing weaker takes their place',
    },
    {
      number: 67,
      fault: 'A million tokens that nobody issued come in a day.',
      guard: 'missing-tokens-are-bounded',
      test: HERE,
      title: 'a day of tokens that nobody issued, of logins and of documents: the heap stays as it is',
    },
    {
      number: 68,
      fault: 'A setting is wrong: a key of 31 bytes, a secret with a newline behind it.',
      guard: 'wrong-keys-are-refused',
      test: 'test/config.test.ts',
      title: '%s=%j is a fault of that name, with an example',
      row: 'SECRET_KEYS',
    },
    {
      number: 69,
      fault: 'The key that sealed a session_key has been removed.',
      guard: 'unknown-keys-open-nothing',
      test: 'test/cli/keys.test.ts',
      title:
        'after the old key was removed too early the sessions go on, and the next login brings a session_key that opens',
    },
  ],
  guards: {
    'what-is-under-way-is-answered': {
      keeps: 'A stop ends idle connections at once, and the others when they have their answer.',
      off: [{ file: 'src/http/server.ts', from: "forceCloseConnections: 'idle'", to: 'forceCloseConnections: true' }],
    },
    'stops-once': {
      keeps: 'A second signal begins no second end.',
      off: [{ file: 'src/cli/start.ts', from: '    if (isStopping) return;\n', to: '' }],
    },
    'closing-waits-for-nobody': {
      keeps: 'Connections to stores that say nothing are given up when the process ends.',
      off: [
        {
          file: 'src/sql/postgres.ts',
          from: '        for (const client of connected) client.connection.stream.destroy();\n',
          to: '',
        },
        {
          file: 'src/redis.ts',
          from: 'if (client.isOpen) client.destroy();',
          to: 'if (client.isOpen) await client.close();',
        },
      ],
    },
    'absolute-end-stands': {
      keeps: 'No use moves the end of a session beyond its absolute one.',
      off: [
        {
          file: 'src/sessions/lifetimes.ts',
          from: 'return Math.min(now + lifetimes.idleTtlMs, absUntil);',
          to: 'return now + lifetimes.idleTtlMs;',
        },
        { file: 'src/auth/authenticate.ts', from: ' || now >= value.absUntil', to: '' },
      ],
    },
    'sessions-of-a-faster-clock': {
      keeps: 'A session is judged by its end alone, not by when it says that it began.',
      off: [
        {
          file: 'src/auth/authenticate.ts',
          from: 'return now >= value.until ||',
          to: 'return now < value.createdAt || now >= value.until ||',
        },
      ],
    },
    'what-came-in-a-stall-counts': {
      keeps: 'A connection is not given up for what this process did not do.',
      off: [{ file: 'src/redis.ts', from: 'socketTimeout: 4 * timeoutMs', to: 'socketTimeout: 2 * timeoutMs' }],
    },
    'ends-in-order-when-broken': {
      keeps: 'A failure that nobody handled is told without what it quotes, and ends the process in order.',
      off: [{ file: 'src/cli/start.ts', from: "process.on('uncaughtException'", to: "process.on('exit'" }],
    },
    'no-descriptor-is-an-outage': {
      keeps: 'A request to the platform that could not be made is an outage, whatever the reason.',
      off: [
        {
          file: 'src/wechat/ask.ts',
          from: 'error instanceof FetchJsonError ? unusable(app, error)',
          to: "error instanceof FetchJsonError && error.kind !== 'failed' ? unusable(app, error)",
        },
      ],
    },
    'nothing-weak-is-random': {
      keeps: 'Where there are no random numbers there is no identifier, no token and no seal.',
      off: [
        {
          file: 'src/lib/random.ts',
          from: '    randomFillSync(pool);',
          to: '    try {\n      randomFillSync(pool);\n    } catch {\n      pool.fill(0);\n    }',
        },
        {
          file: 'src/sessions/token.ts',
          from: 'randomBytes(32)',
          to: '((bytes) => {\n    try {\n      return randomBytes(bytes);\n    } catch {\n      return Buffer.alloc(bytes);\n    }\n  })(32)',
        },
        {
          file: 'src/lib/seal.ts',
          from: 'const iv = randomBytes(IV_BYTES);',
          to: 'let iv = Buffer.alloc(IV_BYTES);\n  try {\n    iv = randomBytes(IV_BYTES);\n  } catch {}',
        },
      ],
    },
    'missing-tokens-are-bounded': {
      keeps: 'What is remembered of tokens that name no session has a bound.',
      off: [
        {
          file: 'src/sessions/session-cache.ts',
          from: 'Math.min(maxEntries, MAX_MISSING)',
          to: 'Number.POSITIVE_INFINITY',
        },
      ],
    },
    'wrong-keys-are-refused': {
      keeps: 'A list of keys of which one is no key does not start the gateway.',
      off: [
        {
          file: 'src/lib/secret-keys.ts',
          from: 'return distinct.size === keys.length ? parsed : null;',
          to: 'return parsed;',
        },
      ],
    },
    'unknown-keys-open-nothing': {
      keeps: 'What was sealed under a key that is gone is closed, and not a failure.',
      off: [
        { file: 'src/lib/seal.ts', from: 'key === null || iv?.length', to: 'iv?.length' },
        { file: 'src/lib/seal.ts', from: '} catch {\n    return null;', to: '} finally {\n' },
      ],
    },
  },
};
