import type { FaultGroup } from './fault.js';
import { protocolGuards } from './protocol-guards.js';

const PROTOCOL = 'test/flows/session-protocol.test.ts';
const ENDING = 'test/flows/ending.test.ts';
const LOCKS = 'test/flows/ending.locks.test.ts';
const KILLED = 'test/flows/ending.killed.test.ts';
const SWEEP = 'test/flows/sweep.test.ts';

const REPEATED = 'is never what a repeat answers, when the repeat comes %s';
const LATE_TOUCH = 'is not undone by a touch that was on its way';

/** Login, touch and end, step by step: `P3.2` is the second step without which the third test of the protocol fails. */
export const protocolFaults: FaultGroup = {
  faults: [
    {
      number: 'P1.1',
      fault: 'A touch was about to write when a logout was answered.',
      guard: 'touch-never-creates',
      test: PROTOCOL,
      title: LATE_TOUCH,
    },
    {
      number: 'P2.1',
      fault: 'Redis sleeps, and then gets to the touch after the logout.',
      guard: 'redis-replaces-only',
      test: 'test/flows/redis.test.ts',
      title: 'a logout is not undone by a touch that Redis gets to only after it has slept',
    },
    {
      number: 'P3.1',
      fault: 'A value is there of a login that is being undone, and its repeat comes.',
      guard: 'repeat-asks-sql',
      test: PROTOCOL,
      title: REPEATED,
    },
    {
      number: 'P3.2',
      fault: 'A login is undone while its repeat is under way.',
      guard: 'undo-is-a-transition',
      test: PROTOCOL,
      title: REPEATED,
      row: 'after the undo',
    },
    {
      number: 'P3.3',
      fault: 'A login is undone that a revoke has ended before.',
      guard: 'undo-of-opening-only',
      test: PROTOCOL,
      title: 'a login that was revoked while its value was being stored, which failed, is not resumed',
    },
    {
      number: 'P4.1',
      fault: 'A value lands when its login was given up, resumed and logged out.',
      guard: 'sid-in-token',
      test: PROTOCOL,
      title: 'a value that lands after its login was resumed and logged out opens nothing',
    },
    {
      number: 'P5.1',
      fault: 'A repeat comes between exchange and row.',
      guard: 'claim-is-heeded',
      test: PROTOCOL,
      title: 'is waited for: two equal answers, one exchange',
    },
    {
      number: 'P5.2',
      fault: 'The platform says "used" of a code whose winner has no row yet.',
      guard: 'winner-is-waited-for',
      test: PROTOCOL,
      title: 'is still waited for when its claim has run out and the code turns out to be used',
    },
    {
      number: 'P5.3',
      fault: 'A row is stored after its repeat has looked for it, and before that may claim the login (PostgreSQL).',
      guard: 'looks-again-when-claimed',
      test: LOCKS,
      title: 'whose repeat found no row answers what was stored while it waited for the claim',
    },
    {
      number: 'P6.1',
      fault: 'The answer to the commit is lost.',
      guard: 'unseen-commit-stands',
      test: PROTOCOL,
      title: 'a commit whose answer was lost is answered by the repeat, and there is one session',
    },
    {
      number: 'P7.1',
      fault: 'A row is ended while its login is slow.',
      guard: 'opens-from-opening-only',
      test: SWEEP,
      title: 'that has outlived its lease: the login is not acknowledged, and leaves nothing',
    },
    {
      number: 'P7.2',
      fault: 'A repeat ends a row, because of its lease, that its login has opened just before.',
      guard: 'undo-of-opening-only',
      test: PROTOCOL,
      title: 'a login that got through although its lease was over is what its repeat answers',
    },
    {
      number: 'P8.1',
      fault: 'The store fails in every way while a value is stored.',
      guard: 'opened-after-stored',
      test: PROTOCOL,
      title: 'a login whose value was not confirmed is not acknowledged, however the store failed, and its repeat is',
    },
    {
      number: 'P9.1',
      fault: 'What a login rests on changes at the moment of its commit point.',
      guard: 'commit-locks-user',
      test: LOCKS,
      title: 'waits for whoever has locked its user, and reads again what it rests on',
    },
    {
      number: 'P9.2',
      fault: 'The same, while the commit point waits for the lock.',
      guard: 'reads-under-lock',
      test: LOCKS,
      title: 'waits for whoever has locked its user, and reads again what it rests on',
    },
    {
      number: 'P9.3',
      fault: 'An identity moved to another user before the commit point.',
      guard: 'identity-read-again',
      test: PROTOCOL,
      title: 'a login whose identity moved to another user before its commit point is not acknowledged',
    },
    {
      number: 'P9.4',
      fault: 'Whoever ends a user has the lock, and marks when the commit point waits.',
      guard: 'opens-from-opening-only',
      test: 'test/flows/postgres.test.ts',
      title: 'is not acknowledged when its user is locked by an end that marks it',
    },
    {
      number: 'P10.1',
      fault: 'A revoke of all meets a login that is being opened.',
      guard: 'opening-is-marked',
      test: ENDING,
      title: 'refuses one when %s',
    },
    {
      number: 'P10.2',
      fault: 'A login comes between the two steps of a revoke of all.',
      guard: 'marked-before-deleted',
      test: LOCKS,
      title: 'leaves a login that comes between its mark and its deletions alone: it is a later one',
    },
    {
      number: 'P11.1',
      fault: 'Whoever ends sessions is killed, and does not come back.',
      guard: 'ends-are-finished',
      test: KILLED,
      title: 'leaves nothing that another process does not refuse within five seconds',
    },
    {
      number: 'P11.2',
      fault: 'Whoever ends sessions is killed, and is alone.',
      guard: 'ends-finished-at-start',
      test: KILLED,
      title: 'leaves nothing that a restarted one does not refuse from its first answer',
    },
    {
      number: 'P11.3',
      fault: 'The store is away when it comes back.',
      guard: 'answers-when-swept',
      test: SWEEP,
      title: 'knows nobody until what had ended is deleted',
    },
    {
      number: 'P12.1',
      fault: 'The deletion of a logout fails, or its answer is lost.',
      guard: 'deletion-confirmed',
      test: PROTOCOL,
      title: 'says ended only when the deletion was confirmed, and the same again settles it',
    },
    {
      number: 'P13.1',
      fault: 'A repeat carries the token that the first answer gave.',
      guard: 'login-spares-itself',
      test: PROTOCOL,
      title: 'its own, sent along with a repeat, goes on working',
    },
    {
      number: 'P13.2',
      fault: 'A late repeat carries the token of a later login.',
      guard: 'login-spares-younger',
      test: PROTOCOL,
      title: 'a younger one, sent along with a late repeat, goes on working',
    },
    {
      number: 'P13.3',
      fault: 'A login carries an older token, whose session is marked and not deleted.',
      guard: 'carried-token-ends',
      test: PROTOCOL,
      title: 'an older one is dead when the login is answered',
    },
    {
      number: 'P13.4',
      fault: 'That deletion fails.',
      guard: 'carried-end-confirmed',
      test: PROTOCOL,
      title: 'an older one is dead when a repeat is answered, although its deletion failed the first time',
    },
    {
      number: 'P14.1',
      fault: 'Fifty logins want one of two places, and the store fails for a third of them.',
      guard: 'cap-at-commit',
      test: PROTOCOL,
      title: 'logins beyond SESSIONS_PER_USER end the oldest, under 50 at once with a store that fails for a third',
    },
    {
      number: 'P14.2',
      fault: 'Of two places one is taken by a session that is over.',
      guard: 'cap-counts-live',
      test: ENDING,
      title: 'a device in use is not ended for the cap while there are sessions that are over',
    },
    {
      number: 'P15.1',
      fault: 'A login is repeated after its logout, at a platform that takes codes twice.',
      guard: 'ended-row-stays',
      test: PROTOCOL,
      title: 'a repeat after logout is CODE_INVALID without asking the platform, even of one that takes codes twice',
    },
  ],
  guards: protocolGuards,
};
