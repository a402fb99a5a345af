import type { FaultGroup } from './fault.js';

const HERE = 'test/faults/sqlite.test.ts';

/** What happens to the SQLite file, and who else is at it. */
export const sqliteFaults: FaultGroup = {
  faults: [
    {
      number: 41,
      fault: 'Another process writes for two seconds.',
      guard: 'busy-file-blocks-nobody',
      test: HERE,
      title:
        'one that writes for two seconds: requests are served meanwhile, a login is refused in time, and the next one waits and succeeds',
    },
    {
      number: 42,
      fault: 'The file or its folder may not be written.',
      guard: 'read-only-is-told',
      test: 'test/stores.test.ts',
      title: 'say so for %s',
      row: 'a read-only folder',
    },
    {
      number: 43,
      fault: 'The disk is full.',
      guard: 'full-disk-is-no-bug',
      test: HERE,
      title:
        'the disk is full: logins and logouts are refused, requests are served, and all goes on when there is room',
    },
    {
      number: 44,
      fault: 'The file, or the log beside it, was overwritten.',
      guard: 'foreign-file-is-left-alone',
      test: 'test/faults/sqlite-start.test.ts',
      title: 'it has %s: the gateway does not start, says why, and leaves every byte as it was',
      row: 'a header that was overwritten',
    },
    {
      number: 45,
      fault: 'The file, or what stands beside it, is deleted while it is open.',
      guard: 'nothing-is-written-to-a-deleted-file',
      test: HERE,
      title: '%s is %s while it is open: nothing is acknowledged that would be lost, and it is told',
      row: 'menjin.db is deleted',
    },
    {
      number: 46,
      fault: 'The process is killed under load.',
      guard: 'acknowledged-is-on-disk',
      test: 'test/flows/processes.test.ts',
      title: 'killed -9 under 200 logins/s, every token that was handed out works after the restart',
    },
    {
      number: 47,
      fault: 'Two gateways use one file.',
      guard: 'writers-take-the-lock-first',
      test: 'test/sql/sqlite-file.test.ts',
      title: 'two processes that read and then write at once lose nothing, and none of them fails',
    },
    {
      number: 48,
      fault: 'A million rows are over.',
      guard: 'sweep-is-done-in-small-batches',
      test: HERE,
      title:
        'a million rows are over: they go in small batches while requests are served, and their room is used again',
    },
    {
      number: 49,
      fault: 'A newer version has changed the tables.',
      guard: 'newer-tables-are-left-alone',
      test: 'test/sql/database.test.ts',
      title: 'a database of a newer version is refused and left as it is',
    },
    {
      number: 124,
      fault: 'One of several writers that share a commit fails.',
      guard: 'who-fails-undoes-itself',
      test: 'test/sql/shared-commits.test.ts',
      title: 'that fail undo what they have written, and nobody else is told',
    },
    {
      number: 125,
      fault: 'A commit that several writers share fails.',
      guard: 'answered-after-the-commit',
      test: 'test/sql/shared-commits.test.ts',
      title: 'are all told when their commit fails, and nothing of theirs stands',
    },
    {
      number: 126,
      fault: 'So many wait for the disk that others wait for them.',
      guard: 'a-commit-is-soon',
      test: 'test/sql/shared-commits.test.ts',
      title: 'join no transaction that has run for 5 ms: those who need no disk do not wait for all of them',
    },
    {
      number: 127,
      fault: 'More people log in at once than the database can take.',
      guard: 'logins-are-bounded',
      test: 'test/flows/login-crowd.test.ts',
      title: 'of more logins than can be under way the others are told RATE_LIMITED before their code is spent',
    },
    {
      number: 128,
      fault: 'Requests come faster than they can begin.',
      guard: 'nobody-waits-for-long',
      test: 'test/flows/login-crowd.test.ts',
      title: 'who has waited for five seconds in a crowd is told RATE_LIMITED before anything is spent',
    },
    {
      number: 129,
      fault: 'A crowd arrives, and everybody else waits until all of it has begun.',
      guard: 'a-crowd-takes-turns',
      test: 'test/lib/turns.test.ts',
      title: 'those begin in a turn that can within its time, until nobody waits any more',
    },
  ],
  guards: {
    'busy-file-blocks-nobody': {
      keeps: 'Whoever waits for the file does so without stopping everybody else.',
      off: [
        {
          file: 'src/sql/sqlite-file.ts',
          from: "  'foreign_keys = ON',\n",
          to: "  'foreign_keys = ON',\n  'busy_timeout = 1900',\n",
        },
      ],
    },
    'read-only-is-told': {
      keeps: 'Where nothing can be written nothing is started, and a sentence says why.',
      off: [{ file: 'src/sql/start-reasons.ts', from: '  EACCES: READ_ONLY,\n', to: '' }],
    },
    'full-disk-is-no-bug': {
      keeps: 'A disk without room is an outage, not a fault of ours.',
      off: [{ file: 'src/sql/database.ts', from: '|FULL|', to: '|' }],
    },
    'foreign-file-is-left-alone': {
      keeps: 'What is no database is refused before SQLite writes into it.',
      off: [{ file: 'src/sql/sqlite-place.ts', from: '    checkHeaders(realpathSync(path));\n', to: '' }],
    },
    'nothing-is-written-to-a-deleted-file': {
      keeps: 'What would be gone with the process is not acknowledged.',
      off: [{ file: 'src/sql/sqlite-file.ts', from: 'isWanted);\n      place?.check();\n', to: 'isWanted);\n' }],
    },
    'acknowledged-is-on-disk': {
      keeps: 'A login that is answered is in the file, not in memory.',
      off: [
        {
          file: 'src/stores.ts',
          from: "if (sessionStoreUrl.kind !== 'sqlite') return createMemoryAdapter",
          to: 'if (clock) return createMemoryAdapter',
        },
      ],
    },
    'writers-take-the-lock-first': {
      keeps: 'Of two processes that read and then write the second waits, and sees what the first wrote.',
      off: [{ file: 'src/sql/sqlite-file.ts', from: "'BEGIN IMMEDIATE'", to: "'BEGIN'" }],
    },
    'sweep-is-done-in-small-batches': {
      keeps: 'Nobody waits for the sweep of everything that is over.',
      off: [{ file: 'src/auth/sweep.ts', from: 'const CLEANING_BATCH = 20;', to: 'const CLEANING_BATCH = 100_000;' }],
    },
    'who-fails-undoes-itself': {
      keeps: 'What a writer has written before it fails goes with it, and with it alone.',
      off: [{ file: 'src/sql/shared-commits.ts', from: "      connection.exec('ROLLBACK TO one');\n", to: '' }],
    },
    'answered-after-the-commit': {
      keeps: 'Nobody is told that something is written before it is.',
      off: [
        {
          file: 'src/sql/shared-commits.ts',
          from: 'done.push(() => waiter.resolve(outcome.value))',
          to: 'waiter.resolve(outcome.value)',
        },
      ],
    },
    'logins-are-bounded': {
      keeps: 'A login that cannot be finished in time is not begun.',
      off: [{ file: 'src/auth/log-in.ts', from: 'underWay >= MAX_UNDER_WAY', to: 'underWay < 0' }],
    },
    'nobody-waits-for-long': {
      keeps: 'Who could not begin in time is told so, and may send the same again.',
      off: [{ file: 'src/lib/turns.ts', from: 'resolve(now() < next.deadline)', to: 'resolve(true)' }],
    },
    'a-crowd-takes-turns': {
      keeps: 'Of a crowd few begin in a turn of the event loop.',
      off: [{ file: 'src/lib/turns.ts', from: '(begun === 0 || now() < until)', to: 'until > 0' }],
    },
    'a-commit-is-soon': {
      keeps: 'A transaction takes in nobody else after a while.',
      off: [{ file: 'src/sql/shared-commits.ts', from: 'const JOINING_MS = 5;', to: 'const JOINING_MS = 5_000;' }],
    },
    'newer-tables-are-left-alone': {
      keeps: 'Tables of a newer version are not written by an older one.',
      off: [{ file: 'src/sql/migrations/index.ts', from: 'version > migrations.length', to: 'false' }],
    },
  },
};
