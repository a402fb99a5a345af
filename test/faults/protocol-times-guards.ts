import type { FaultGroup } from './fault.js';

/** The steps that keep old copies, other keys, clocks and starts from doing harm. */
export const protocolTimesGuards: FaultGroup['guards'] = {
  'deletes-again': {
    keeps: 'What ended within a day is deleted again when the store may have forgotten that.',
    off: [
      {
        file: 'src/auth/delete-again.ts',
        from: '    await sessionStore.deleteAll(ended.map(({ tokenHash }) => tokenHash));\n',
        to: '',
      },
    ],
  },
  'touch-asks-sql': {
    keeps: 'A touch refuses what its row says has ended.',
    off: [{ file: 'src/auth/touch.ts', from: 'if (!isOpen) {', to: 'if (!isOpen && touchedAt < 0) {' }],
  },
  'age-from-start-of-read': {
    keeps: 'What was read is as old as the beginning of its read.',
    off: [
      {
        file: 'src/sessions/session-cache.ts',
        from: 'keep(tokenHash, { since, found })',
        to: 'keep(tokenHash, { since: { elapsedMs: elapsedMs(), wallMs: now() }, found })',
      },
    ],
  },
  'joins-young-reads-only': {
    keeps: 'Nobody is answered by a read that began a second before they asked.',
    off: [
      {
        file: 'src/sessions/session-cache.ts',
        from: 'underWay !== undefined && isYoung(underWay.since, at)',
        to: 'underWay !== undefined',
      },
    ],
  },
  'drop-leaves-reads': {
    keeps: 'After an end nobody joins a read that was under way.',
    off: [
      {
        file: 'src/sessions/session-cache.ts',
        from: '        reads.delete(tokenHash);\n',
        to: '',
      },
    ],
  },
  'left-read-fills-nothing': {
    keeps: 'After an end nothing is kept of a read that was under way.',
    off: [{ file: 'src/sessions/session-cache.ts', from: 'if (leave()) keep(', to: 'leave();\n      keep(' }],
  },
  'forgets-after-deletion': {
    keeps: 'What is remembered of a session goes when it can no more be read.',
    off: [
      {
        file: 'src/auth/finish-ending.ts',
        from: '  await deleteValues(sessionStore, tokenHashes);\n',
        to: '  forget?.(tokenHashes);\n  await deleteValues(sessionStore, tokenHashes);\n',
      },
      {
        file: 'src/auth/finish-ending.ts',
        from: '  forget?.(tokenHashes);\n  // Should',
        to: '  // Should',
      },
    ],
  },
  'end-is-forgotten': {
    keeps: 'The process that took an end remembers nothing of its sessions.',
    off: [
      {
        file: 'src/auth/finish-ending.ts',
        from: '  forget?.(tokenHashes);\n',
        to: '',
      },
    ],
  },
  'one-second-always': {
    keeps: 'A process that is told nothing asks again after a second.',
    off: [{ file: 'src/sessions/session-cache.ts', from: 'MAX_AGE_MS = 1000', to: 'MAX_AGE_MS = 60_000' }],
  },
  'age-by-wall-clock': {
    keeps: 'A clock that stopped with the machine does not keep a session young.',
    off: [
      {
        file: 'src/sessions/session-cache.ts',
        from: ' && isAge(at.wallMs - since.wallMs)',
        to: '',
      },
    ],
  },
  'age-by-steady-clock': {
    keeps: 'A clock that was set does not keep a session young.',
    off: [
      {
        file: 'src/sessions/session-cache.ts',
        from: 'isAge(at.elapsedMs - since.elapsedMs) && ',
        to: '',
      },
    ],
  },
  'login-beside-cache': {
    keeps: 'A login leaves no trace in what requests are answered from.',
    off: [
      {
        file: 'src/gateway.ts',
        from: 'wechat: wechat.api, ending, keys,',
        to: 'wechat: wechat.api, ending: { ...ending, sessionStore: { ...sessionStore, get: cache.get } }, keys,',
      },
      {
        file: 'src/auth/open-session.ts',
        from: '    await store(row, value);\n',
        to: '    if ((await sessionStore.get(row.tokenHash)) === null) await store(row, value);\n',
      },
    ],
  },
  'kid-in-row': {
    keeps: 'A repeat makes its token with the key of the first answer.',
    off: [
      { file: 'src/auth/repeat-login.ts', from: 'row.kid === null ? null : keys.byKid(row.kid)', to: 'keys.first' },
    ],
  },
  'rows-stay-a-day': {
    keeps: 'A row is forgotten a day after its time: later than any clock is off.',
    off: [{ file: 'src/auth/sweep.ts', from: 'KEPT_MS = 86_400_000', to: 'KEPT_MS = 0' }],
  },
  'values-stay-a-day': {
    keeps: 'A value stays in its store a day longer than it is good.',
    off: [
      {
        file: 'src/sessions/session-store.ts',
        from: 'KEYV_TTL_MARGIN_MS = 86_400_000',
        to: 'KEYV_TTL_MARGIN_MS = 0',
      },
    ],
  },
  'time-of-the-database': {
    keeps: 'Rows are stamped and judged by one clock, that of their database.',
    off: [
      {
        file: 'src/sql/postgres-database.ts',
        from: 'now?.() ?? serverNow), leftMs)',
        to: '(now ?? Date.now)()), leftMs)',
      },
    ],
  },
  'row-slides-first': {
    keeps: 'A row never says an earlier end than its value.',
    off: [
      {
        file: 'src/sessions/session-rows.ts',
        from: "expression.ref('until')).else(until)",
        to: "expression.ref('until')).else(expression.ref('until'))",
      },
    ],
  },
  'touch-interval-of-idle': {
    keeps: 'A use is written down often enough for a short idle time-out.',
    off: [{ file: 'src/sessions/lifetimes.ts', from: 'Math.min(HOUR_MS, lifetimes.idleTtlMs / 10)', to: 'HOUR_MS' }],
  },
  'over-at-until': {
    keeps: 'A session is over at its end.',
    off: [{ file: 'src/auth/authenticate.ts', from: 'now >= value.until ||', to: 'now > value.until ||' }],
  },
  'start-leaves-opening': {
    keeps: 'A process that starts leaves alone what others are opening.',
    off: [
      {
        file: 'src/auth/sweep.ts',
        from: '    unfinishedEnds: async (signal) => {\n',
        to: '    unfinishedEnds: async (signal) => {\n      await database.transaction((sql) => markAbandoned(sql, Number.MAX_SAFE_INTEGER, BATCH));\n',
      },
    ],
  },
  'lease-is-respected': {
    keeps: 'What is being opened is left alone while its lease lasts.',
    off: [{ file: 'src/sessions/sweep-rows.ts', from: "    .where('opening_until', '<', now)\n", to: '' }],
  },
};
