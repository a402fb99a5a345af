import type { FaultGroup } from './fault.js';

/** The steps of login, touch and end. */
export const protocolGuards: FaultGroup['guards'] = {
  'redis-replaces-only': {
    keeps: 'Redis itself writes over nothing but what is there, whenever it gets to it.',
    off: [{ file: 'src/sessions/stores/redis.ts', from: '{ XX: true, ...expiry }', to: 'expiry' }],
  },
  'repeat-asks-sql': {
    keeps: 'A repeat is answered from an open row, never from a value that happens to be there.',
    off: [
      {
        file: 'src/auth/repeat-login.ts',
        from: "if (row.state === 'open') return",
        to: "if (row.state === 'open' || (await parts.sessionStore.get(row.tokenHash)) !== null) return",
      },
    ],
  },
  'undo-is-a-transition': {
    keeps: 'What is undone of a login is its row, which stays and tells the repeat.',
    off: [
      {
        file: 'src/auth/open-session.ts',
        from: 'markNotStored(sql, now, row.sid)).catch',
        to: "sql.deleteFrom('sessions').where('sid', '=', row.sid).execute()).catch",
      },
    ],
  },
  'undo-of-opening-only': {
    keeps: 'Only a row that is being opened ends as "not stored".',
    off: [
      {
        file: 'src/sessions/session-ends.ts',
        from: "    .where('sid', '=', sid)\n    .where('state', '=', 'opening')\n",
        to: "    .where('sid', '=', sid)\n",
      },
    ],
  },
  'sid-in-token': {
    keeps: 'A resumed login has a token of its own, so that no key of the store is created twice.',
    off: [
      { file: 'src/sessions/token.ts', from: 'login.requestId, sid];', to: 'login.requestId];' },
      {
        file: 'src/auth/repeat-login.ts',
        from: 'if (!(await releaseLoginKey(sql, row.sid))) return null;',
        to: "await sql.deleteFrom('sessions').where('sid', '=', row.sid).execute();",
      },
    ],
  },
  'claim-is-heeded': {
    keeps: 'While one process exchanges a code, others do not.',
    off: [
      {
        file: 'src/sessions/login-claims.ts',
        from: 'claim !== undefined && claim.lease_until > now',
        to: 'claim !== undefined && claim.lease_until < 0',
      },
    ],
  },
  'winner-is-waited-for': {
    keeps: 'A used code is refused only when nobody has opened a session with it.',
    off: [{ file: 'src/auth/repeat-login.ts', from: '(isTakenOver && isUsed(error))', to: '(isTakenOver && false)' }],
  },
  'looks-again-when-claimed': {
    keeps: 'Who may claim a login looks again whether it has a row.',
    off: [
      {
        file: 'src/auth/repeat-login.ts',
        from: "claim.kind === 'ours' ? await findByLoginKey(sql, loginKey) : null",
        to: 'null',
      },
    ],
  },
  'unseen-commit-stands': {
    keeps: 'A commit that was not seen is not undone.',
    off: [
      {
        file: 'src/auth/open-session.ts',
        from: '{ carriedHash, sessionsPerUser }),\n    );',
        to: '{ carriedHash, sessionsPerUser }),\n    ).catch(async (error) => {\n      await sessionStore.delete(row.tokenHash);\n      throw error;\n    });',
      },
    ],
  },
  'opens-from-opening-only': {
    keeps: 'A row that somebody has ended is never opened.',
    off: [
      {
        file: 'src/sessions/session-rows.ts',
        from: "    .where('state', '=', 'opening')\n",
        to: '',
      },
    ],
  },
  'opened-after-stored': {
    keeps: 'A row is opened only when its value is there.',
    off: [
      { file: 'src/auth/open-session.ts', from: '    await store(row, value);\n', to: '' },
      {
        file: 'src/auth/open-session.ts',
        from: '    await finishEnding(parts, committed.evicted)',
        to: '    await store(row, value).catch(() => undefined);\n    await finishEnding(parts, committed.evicted)',
      },
    ],
  },
  'commit-locks-user': {
    keeps: "The commit point of a login takes its turn at the user's row, and at the identity's.",
    off: [
      {
        file: 'src/auth/commit-point.ts',
        from: '  await lockUser(sql, row.userId);\n  await lockIdentity(sql, row.identityId);\n',
        to: '',
      },
    ],
  },
  'reads-under-lock': {
    keeps: 'What a login rests on is read when its turn has come, not before.',
    off: [
      {
        file: 'src/auth/commit-point.ts',
        from: '  await lockUser(sql, row.userId);\n  await lockIdentity(sql, row.identityId);\n  const broken = await brokenProof(sql, row);\n',
        to: '  const broken = await brokenProof(sql, row);\n  await lockUser(sql, row.userId);\n  await lockIdentity(sql, row.identityId);\n',
      },
    ],
  },
  'identity-read-again': {
    keeps: 'A login is not acknowledged for whom its identity does not belong to any more.',
    off: [
      {
        file: 'src/auth/proof.ts',
        from: "return identity.user.id === user.id ? null : broken('identity moved');",
        to: 'return null;',
      },
    ],
  },
  'opening-is-marked': {
    keeps: 'An end by user ends what is being opened, too.',
    off: [
      {
        file: 'src/sessions/session-ends.ts',
        from: "    .where(whose)\n    .where('state', '!=', 'ended')\n",
        to: "    .where(whose)\n    .where('state', '=', 'open')\n",
      },
    ],
  },
  'marked-before-deleted': {
    keeps: 'What is deleted is what was marked before.',
    off: [
      {
        file: 'src/auth/end-sessions.ts',
        from: '  const endings = await',
        to: "  const found = await parts.database.query((sql) =>\n    sql.selectFrom('sessions').select(['sid', 'token_hash as tokenHash']).where('user_id', '=', userId).execute(),\n  );\n  await finishEnding(parts, found as never);\n  const endings = await",
      },
      { file: 'src/auth/end-sessions.ts', from: '  await finishEnding(parts, endings);\n', to: '' },
    ],
  },
  'ends-are-finished': {
    keeps: 'What somebody marked and did not finish, any process finishes.',
    off: [{ file: 'src/auth/sweep.ts', from: '    finishSome,\n', to: '' }],
  },
  'ends-finished-at-start': {
    keeps: 'What was marked and not finished is finished before the first answer.',
    off: [{ file: 'src/auth/sweeper.ts', from: '      await sweep.unfinishedEnds(signal);\n', to: '' }],
  },
  'answers-when-swept': {
    keeps: 'Until that has gone through, nobody is known.',
    off: [{ file: 'src/auth/sweeper.ts', from: 'if (token === null || isReady()) return', to: 'return' }],
  },
  'login-spares-itself': {
    keeps: 'A login does not end the session that it answers.',
    off: [
      { file: 'src/auth/log-in.ts', from: ' || carriedHash === opened.row.tokenHash) return;', to: ') return;' },
      { file: 'src/sessions/session-ends.ts', from: "query.where('sid', '!=', exceptFor.sid)", to: 'query' },
    ],
  },
  'login-spares-younger': {
    keeps: 'A repeat does not end a session that is younger than the one it answers.',
    off: [
      {
        file: 'src/sessions/session-ends.ts',
        from: ".where('created_at', '<=', exceptFor.createdAt)",
        to: '',
      },
    ],
  },
  'carried-end-confirmed': {
    keeps: 'A login is answered when the session that it replaces is known to be gone.',
    off: [
      {
        file: 'src/auth/log-in.ts',
        from: 'await endCarried(parts, opened, carriedHash);',
        to: 'await endCarried(parts, opened, carriedHash).catch(() => undefined);',
      },
    ],
  },
  'cap-at-commit': {
    keeps: 'Sessions beyond the cap end where the one too many is opened.',
    off: [
      {
        file: 'src/auth/commit-point.ts',
        from: 'return { evicted: await markOldestEnded(sql, now, row, sessionsPerUser) };',
        to: 'return { evicted: [] };',
      },
      {
        file: 'src/auth/open-session.ts',
        from: '      if (claimed !== null) await releaseClaim(',
        to: '      for (const { tokenHash } of await markOldestEnded(sql, now, inserted.row, sessionsPerUser))\n        void sessionStore.delete(tokenHash).catch(() => undefined);\n      if (claimed !== null) await releaseClaim(',
      },
      {
        file: 'src/auth/open-session.ts',
        from: 'import { markEnded, markNotStored }',
        to: 'import { markEnded, markNotStored, markOldestEnded }',
      },
    ],
  },
  'cap-counts-live': {
    keeps: 'Sessions that are over take no place.',
    off: [
      {
        file: 'src/sessions/session-ends.ts',
        from: '    .where(endsAfter(now))\n',
        to: '',
      },
    ],
  },
  'ended-row-stays': {
    keeps: 'The row of an ended session stays, and tells the repeat of its login.',
    off: [
      {
        file: 'src/auth/finish-ending.ts',
        from: 'markGone(sql, now, sids)',
        to: "sql.deleteFrom('sessions').where('sid', 'in', sids).execute()",
      },
    ],
  },
};
