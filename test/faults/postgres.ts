import type { FaultGroup } from './fault.js';

const HERE = 'test/faults/postgres.test.ts';

/** What PostgreSQL, or the network in front of it, does when users and sessions are kept there. */
export const postgresFaults: FaultGroup = {
  faults: [
    {
      number: 50,
      fault: 'It is shut down at once while connections to it are idle.',
      guard: 'lost-connection-is-heard',
      test: HERE,
      title: 'shut down at once while connections are idle: the process lives, and all is well when it is back',
    },
    {
      number: 51,
      fault: 'An operator ends a connection in the middle of a statement.',
      guard: 'ended-connection-is-no-bug',
      test: HERE,
      title:
        'a connection that an operator ends in the middle of a statement: refused, and the next request is answered',
    },
    {
      number: 52,
      fault: 'Every connection is in use, by statements that are slow.',
      guard: 'waiting-for-a-connection-ends',
      test: HERE,
      title: 'two connections, and more who want one than there are: each is answered, or refused within the deadline',
    },
    {
      number: 53,
      fault: 'It takes statements and answers nothing.',
      guard: 'postgres-deadline',
      test: HERE,
      title: 'stopped like a black hole: refused within the deadline, and well again when it goes on',
    },
    {
      number: 54,
      fault: 'A table is missing, or the gateway has no right to it.',
      guard: 'missing-table-is-no-bug',
      test: HERE,
      title: 'the table %s is %s: not ready, refused, nobody is logged out, and well again with it',
      row: 'users is missing',
    },
    {
      number: 55,
      fault: 'A table is one that a crash of the server empties.',
      guard: 'unlogged-is-refused',
      test: HERE,
      title: 'the table %s is unlogged: the gateway does not start, and says what to do',
      row: 'session_values',
    },
  ],
  guards: {
    'lost-connection-is-heard': {
      keeps: 'An idle connection that breaks does not end the process.',
      off: [{ file: 'src/sql/postgres.ts', from: "  pool.on('error', () => undefined);\n", to: '' }],
    },
    'ended-connection-is-no-bug': {
      keeps: 'What an operator does to PostgreSQL is an outage, not a fault of ours.',
      off: [{ file: 'src/sql/postgres-errors.ts', from: '|57|', to: '|' }],
    },
    'waiting-for-a-connection-ends': {
      keeps: 'Who waits for a connection is told in time that there is none.',
      off: [
        { file: 'src/sql/postgres.ts', from: '    connectionTimeoutMillis: statementTimeoutMs,\n', to: '' },
        { file: 'src/sql/postgres.ts', from: 'await withDeadline(connecting, left())', to: 'await connecting' },
      ],
    },
    'postgres-deadline': {
      keeps: 'A call of SQL ends after two seconds, whatever PostgreSQL does.',
      off: [
        {
          file: 'src/sql/postgres.ts',
          from: 'await withDeadline(prepareAndWork(), left())',
          to: 'await prepareAndWork()',
        },
      ],
    },
    'missing-table-is-no-bug': {
      keeps: 'Tables that are away are an outage, not a fault of ours.',
      off: [{ file: 'src/sql/postgres-errors.ts', from: '|42P01|42501', to: '' }],
    },
    'unlogged-is-refused': {
      keeps: 'What a crash would empty is not written to.',
      off: [{ file: 'src/sessions/stores/postgres.ts', from: '    await checkLogged(ask, [TABLE]);\n', to: '' }],
    },
  },
};
