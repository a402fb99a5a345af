import type { FaultGroup } from './fault.js';
import { protocolTimesGuards } from './protocol-times-guards.js';

const PROTOCOL = 'test/flows/session-protocol.test.ts';
const CACHE = 'test/flows/cache.test.ts';
const CACHE_ALONE = 'test/sessions/session-cache.test.ts';
const SWEEP = 'test/flows/sweep.test.ts';
const LIFETIMES = 'test/flows/lifetimes.test.ts';

const FAST_CLOCK =
  'a process whose clock is two hours fast for a minute loses nothing, and a revoke finds everything afterwards';

/** The steps of the session protocol that keep old copies, other keys, clocks and starts from doing harm. */
export const protocolTimesFaults: FaultGroup = {
  faults: [
    {
      number: 'P16.1',
      fault: 'The store comes back from an older state, with what was deleted.',
      guard: 'deletes-again',
      test: 'test/auth/sweep.test.ts',
      title: 'deletes again what ended within a day, when the store may have come back from an older state',
    },
    {
      number: 'P16.2',
      fault: 'The store has a value of a session that only SQL knows to have ended.',
      guard: 'touch-asks-sql',
      test: CACHE,
      title: 'are refused at once when a touch has found that the session ended elsewhere',
    },
    {
      number: 'P17.1',
      fault: 'A read that began before a logout elsewhere is slow, and then kept.',
      guard: 'age-from-start-of-read',
      test: CACHE,
      title: 'are refused elsewhere a second after a read that was slow to answer',
    },
    {
      number: 'P17.2',
      fault: 'A request could join a read that began before a logout elsewhere.',
      guard: 'joins-young-reads-only',
      test: CACHE,
      title: 'join no read that began more than a second ago in the other process',
    },
    {
      number: 'P17.3',
      fault: 'A request could join a read that began before an end in the same process.',
      guard: 'drop-leaves-reads',
      test: CACHE,
      title: 'with a session that has ended are refused where a read was under way, of which nothing is kept',
    },
    {
      number: 'P17.4',
      fault: 'Such a read is answered after the end.',
      guard: 'left-read-fills-nothing',
      test: CACHE,
      title: 'with a session that has ended are refused where a read was under way, of which nothing is kept',
    },
    {
      number: 'P17.5',
      fault: 'A request reads the value once more before it is deleted.',
      guard: 'forgets-after-deletion',
      test: CACHE,
      title: 'are refused although they were served while it was under way',
    },
    {
      number: 'P17.6',
      fault: 'What is kept is asked for after a logout in the same process.',
      guard: 'end-is-forgotten',
      test: CACHE,
      title: 'are refused at once where it was taken, and elsewhere after a second',
    },
    {
      number: 'P18.1',
      fault: 'Nobody tells the others of an end.',
      guard: 'one-second-always',
      test: 'test/flows/cache-redis.test.ts',
      title: 'refuse it within a second where nobody may tell them, and say once that they may not be told',
    },
    {
      number: 'P18.2',
      fault: 'The machine slept: one of its clocks stood still.',
      guard: 'age-by-wall-clock',
      test: CACHE_ALONE,
      title: 'is not used when %s',
      row: 'while the other stands still',
    },
    {
      number: 'P18.3',
      fault: 'The clock on the wall was set back.',
      guard: 'age-by-steady-clock',
      test: CACHE_ALONE,
      title: 'is not used when %s',
      row: 'the clock on the wall stands still',
    },
    {
      number: 'P19.1',
      fault: 'The first request with a token comes right after its login, or after a repeat elsewhere.',
      guard: 'login-beside-cache',
      test: CACHE,
      title: 'right after a login and its repeat, on either process, are never refused',
    },
    {
      number: 'P20.1',
      fault: 'SECRET_KEYS have a new first key when the repeat comes.',
      guard: 'kid-in-row',
      test: PROTOCOL,
      title: 'a process that knows both keys answers the same token',
    },
    {
      number: 'P20.2',
      fault: 'The repeat comes to a process that does not know the key yet.',
      guard: 'kid-in-row',
      test: PROTOCOL,
      title: 'a process that does not know the new key yet says so, and the code is not burnt',
    },
    {
      number: 'P21.1',
      fault: 'Whoever sweeps has a clock that is two hours fast.',
      guard: 'rows-stay-a-day',
      test: SWEEP,
      title: FAST_CLOCK,
    },
    {
      number: 'P21.2',
      fault: 'Whoever reads has a clock that is two hours fast.',
      guard: 'values-stay-a-day',
      test: SWEEP,
      title: FAST_CLOCK,
    },
    {
      number: 'P21.3',
      fault: 'The clock of a process and that of its database differ.',
      guard: 'time-of-the-database',
      test: SWEEP,
      title: 'are stamped and judged by its clock, whatever that of the process says',
    },
    {
      number: 'P21.4',
      fault: 'A session is used for longer than its first idle end and a day.',
      guard: 'row-slides-first',
      test: SWEEP,
      title: 'a session in use is not forgotten, and a revoke finds it',
    },
    {
      number: 'P22.1',
      fault: 'The idle time-out is shorter than an hour.',
      guard: 'touch-interval-of-idle',
      test: LIFETIMES,
      title: 'one that is used every ten minutes outlives an idle time-out of thirty, for a day',
    },
    {
      number: 'P22.2',
      fault: 'A request comes a millisecond before the idle end, and one at it.',
      guard: 'over-at-until',
      test: LIFETIMES,
      title: 'unused, it is good until a millisecond before its idle end, and refused at it',
    },
    {
      number: 'P23.1',
      fault: 'Processes start and stop under logins.',
      guard: 'start-leaves-opening',
      test: SWEEP,
      title: 'a rolling restart under logins: none fails because another process started or swept',
    },
    {
      number: 'P23.2',
      fault: 'Processes sweep under logins.',
      guard: 'lease-is-respected',
      test: SWEEP,
      title: 'that is within its lease do not meet, neither at a start nor later',
    },
    {
      number: 'P24.1',
      fault: 'Everything is asked at once of two processes, on stores that lose calls.',
      guard: 'unseen-commit-stands',
      test: 'test/flows/session-properties.test.ts',
      title:
        'whatever they are asked at once, on stores that fail: an acknowledged session is there, an ended one is not, and a login is one',
    },
  ],
  guards: protocolTimesGuards,
};
