import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deleteAgain } from '../../src/auth/delete-again.js';
import { createSweep, type Sweep } from '../../src/auth/sweep.js';
import { AppError } from '../../src/errors.js';
import { sha256Hex } from '../../src/lib/bytes.js';
import { createSessionStore, type SessionStore } from '../../src/sessions/session-store.js';
import { createMemoryAdapter } from '../../src/sessions/stores/memory.js';
import { type Database, openSqliteDatabase } from '../../src/sql/database.js';
import { openSqliteFile, type SqliteFile } from '../../src/sql/sqlite-file.js';
import { VALUE } from '../suites/session-store.js';
import { createFaults, type Faults, faultyDatabase } from '../support/faults.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 0, 1);
const NEVER = new AbortController().signal;

describe('a round of the sweep', () => {
  let file: SqliteFile;
  let wall: number;
  let elapsed: number;
  /** How much later it is each time somebody looks at the clock. */
  let slownessMs: number;
  let faults: Faults;
  let database: Database;
  let store: SessionStore;
  let poisoned: Set<string>;
  let isAway: boolean;
  let failures: unknown[];
  let forgotten: string[];
  let sweep: Sweep;

  beforeEach(async () => {
    wall = START;
    elapsed = 0;
    slownessMs = 0;
    file = await openSqliteFile(':memory:');
    faults = createFaults();
    database = faultyDatabase(faults)(await openSqliteDatabase(file, () => wall));
    const real = createSessionStore(createMemoryAdapter(undefined, () => wall));
    const unavailable = () => new AppError('SERVICE_UNAVAILABLE');
    poisoned = new Set();
    isAway = false;
    const refuse = (tokenHashes: readonly string[]) => {
      if (isAway || tokenHashes.some((each) => poisoned.has(each))) throw unavailable();
    };
    store = {
      ...real,
      delete: async (tokenHash) => {
        refuse([tokenHash]);
        await real.delete(tokenHash);
      },
      deleteAll: async (tokenHashes) => {
        refuse(tokenHashes);
        await real.deleteAll(tokenHashes);
      },
    };
    failures = [];
    forgotten = [];
    sweep = createSweep({
      database,
      sessionStore: store,
      forget: (tokenHashes) => void forgotten.push(...tokenHashes),
      now: () => wall,
      cleaningMs: 10,
      auditRetentionMs: 180 * DAY,
      elapsedMs: () => {
        elapsed += slownessMs;
        return elapsed;
      },
      onFailure: (error) => void failures.push(error),
    });
    await database.transaction(async (sql) => {
      await sql.insertInto('users').values({ id: 'alice', tenant: 'default', created_at: START }).execute();
      await sql
        .insertInto('identities')
        .values({
          ...{ id: 'identity', tenant: 'default', platform: 'WECHAT', appid: 'wx', openid: 'alice', unionid: null },
          ...{ user_id: 'alice', session_key: '', previous_session_key: null, created_at: START, last_login_at: START },
          linked_at: START,
        })
        .execute();
    });
  });
  afterEach(() => file.close());

  function pass(ms: number): void {
    wall += ms;
    elapsed += ms;
  }

  interface Row {
    readonly state: 'opening' | 'open' | 'ended';
    readonly until?: number;
    readonly endedAt?: number;
    readonly goneAt?: number;
  }

  async function session(sid: string, { state, until = wall + DAY, endedAt, goneAt }: Row): Promise<void> {
    const tokenHash = sha256Hex(sid);
    await database.transaction((sql) =>
      sql
        .insertInto('sessions')
        .values({
          ...{ sid, token_hash: tokenHash, user_id: 'alice', identity_id: 'identity', login_key: null, kid: null },
          ...{ state, is_new_user: 0, created_at: wall, opening_until: wall + 15_000, until, first_until: until },
          ...{ abs_until: until, ended_at: endedAt ?? null, reason: null, gone_at: goneAt ?? null },
          ...{ touched_at: wall, ip: null, device: null },
        })
        .execute(),
    );
    await store.set(tokenHash, { ...VALUE, sid, until }, wall);
  }

  const hasValue = async (sid: string) => (await store.get(sha256Hex(sid))) !== null;
  const rows = async () => {
    const found = await database.query((sql) => sql.selectFrom('sessions').selectAll().orderBy('sid').execute());
    return found.map(({ sid, state, gone_at: goneAt }) => `${sid} ${state}${goneAt === null ? '' : ' gone'}`);
  };

  test('leaves alone what somebody may be about to finish, and finishes it two seconds later', async () => {
    await session('a', { state: 'ended', endedAt: wall });
    pass(1999);
    await sweep.round();
    expect([await rows(), await hasValue('a'), forgotten]).toEqual([['a ended'], true, []]);
    pass(1);
    await sweep.round();
    expect([await rows(), await hasValue('a'), forgotten]).toEqual([['a ended gone'], false, [sha256Hex('a')]]);
  });

  test('finishes what was being opened only when its lease has run out', async () => {
    await session('a', { state: 'opening' });
    pass(15_000);
    await sweep.round();
    expect(await rows()).toEqual(['a opening']);
    pass(1);
    await sweep.round();
    pass(2000);
    await sweep.round();
    expect([await rows(), await hasValue('a')]).toEqual([['a ended gone'], false]);
  });

  test('forgets sessions a day after their time, and ended ones a day after their values were gone', async () => {
    await session('ended', { state: 'ended', endedAt: wall - HOUR, goneAt: wall });
    await session('over', { state: 'open', until: wall });
    await session('live', { state: 'open', until: wall + 1 });
    pass(DAY - 1);
    await sweep.round();
    expect(await rows()).toEqual(['ended ended gone', 'live open', 'over open']);
    expect(await hasValue('over')).toBe(true);
    pass(1);
    await sweep.round();
    expect(await rows()).toEqual(['live open']);
    expect([await hasValue('over'), await hasValue('live')]).toEqual([false, true]);
  });

  test('never forgets an end that is not finished', async () => {
    await session('a', { state: 'ended', endedAt: wall });
    isAway = true;
    pass(2 * DAY);
    await sweep.round();
    expect(await rows()).toEqual(['a ended']);
    isAway = false;
    await sweep.round();
    expect(await rows()).toEqual(['a ended gone']);
  });

  test('goes through many batches', async () => {
    for (let n = 0; n < 250; n += 1) await session(`over ${n}`, { state: 'open', until: wall });
    for (let n = 0; n < 250; n += 1) await session(`ended ${n}`, { state: 'ended', endedAt: wall });
    pass(DAY);
    await sweep.round();
    expect((await rows()).filter((row) => !row.endsWith(' ended gone'))).toEqual([]);
    expect(forgotten).toHaveLength(250);
    expect(await hasValue('over 249')).toBe(false);
  });

  test('spends little time on what is only cleaned away, and all it takes on ends', async () => {
    for (let n = 0; n < 60; n += 1) await session(`over ${n}`, { state: 'open', until: wall });
    for (let n = 0; n < 60; n += 1) await session(`ended ${n}`, { state: 'ended', endedAt: wall });
    pass(DAY);
    slownessMs = 10;
    const left: number[] = [];
    for (let round = 1; round <= 3; round += 1) {
      await sweep.round();
      left.push((await rows()).filter((row) => row.startsWith('over')).length);
    }
    expect([left, forgotten.length]).toEqual([[40, 20, 0], 60]);
    // One batch of each: what is over has values too.
    expect([await hasValue('over 59'), failures]).toEqual([false, []]);
  });

  test('is not held up by values that cannot be deleted', async () => {
    for (let n = 100; n < 350; n += 1) await session(`${n}`, { state: 'ended', endedAt: wall });
    // More than a batch of them, and the oldest.
    for (let n = 100; n < 220; n += 1) poisoned.add(sha256Hex(`${n}`));
    pass(2000);
    for (let round = 0; round < 4; round += 1) await sweep.round();
    expect((await rows()).filter((row) => row.endsWith('gone'))).toHaveLength(130);
    poisoned.clear();
    for (let round = 0; round < 2; round += 1) await sweep.round();
    expect((await rows()).filter((row) => row.endsWith('gone'))).toHaveLength(250);
  });

  test('is left out when the wall clock was set, and goes on in the next', async () => {
    await session('over', { state: 'open', until: wall });
    await sweep.round();
    wall += 25 * HOUR;
    await sweep.round();
    expect(await rows()).toEqual(['over open']);
    await sweep.round();
    expect(await rows()).toEqual([]);
    await session('over', { state: 'open', until: wall - 2 * DAY });
    // A machine that slept: only one of its clocks went on.
    elapsed += HOUR;
    await sweep.round();
    expect(await rows()).toEqual(['over open']);
  });

  test('tells of a failure once, until a round has gone through', async () => {
    for (let outage = 1; outage <= 2; outage += 1) {
      faults.always('transaction', 'fail before');
      for (let round = 0; round < 3; round += 1) await sweep.round();
      expect(failures).toHaveLength(outage);
      faults.clear();
      await sweep.round();
    }
    expect(failures[0]).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  test('deletes again what ended within a day, when the store may have come back from an older state', async () => {
    await session('long ago', { state: 'ended', endedAt: wall - DAY, goneAt: wall - HOUR });
    await session('unfinished', { state: 'ended', endedAt: wall });
    // Many that went in the same millisecond, and some before and after them.
    for (let n = 0; n < 250; n += 1) {
      await session(`${n}`, { state: 'ended', endedAt: wall - HOUR, goneAt: wall - (n < 240 ? 5 : n - 245) });
    }
    await session('live', { state: 'open' });
    // The second batch fails once.
    const flaky = { ...store, deleteAll: failingAt(2, store.deleteAll) };
    await deleteAgain({ database, sessionStore: flaky }, (error) => void failures.push(error), NEVER);
    const left: string[] = [];
    for (const row of await rows()) {
      const [sid = ''] = row.split(/ (?=open|ended)/);
      if (await hasValue(sid)) left.push(row);
    }
    expect(left).toEqual(['live open', 'long ago ended gone']);
    expect(failures).toEqual([]);
    // Whoever marked it finishes it.
    expect(await rows()).toContain('unfinished ended');
  });

  test('stops deleting again when it is told to, also while the store is away', async () => {
    await session('a', { state: 'ended', endedAt: wall - HOUR, goneAt: wall });
    const stop = new AbortController();
    const deleteAll = async () => {
      stop.abort();
      throw new AppError('SERVICE_UNAVAILABLE');
    };
    await deleteAgain({ database, sessionStore: { ...store, deleteAll } }, () => undefined, stop.signal);
    expect(await hasValue('a')).toBe(true);
  });

  test('at the start finishes every end, however young, or says that it did not get through', async () => {
    for (let n = 0; n < 120; n += 1) await session(`${n}`, { state: 'ended', endedAt: wall });
    isAway = true;
    await expect(sweep.unfinishedEnds()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    isAway = false;
    await sweep.unfinishedEnds();
    expect([await hasValue('0'), await hasValue('119')]).toEqual([false, false]);
  });

  test('reads no whole table', async () => {
    const plans = await file.read((connection) =>
      [
        'SELECT sid FROM sessions WHERE gone_at IS NULL AND ended_at <= 1 ORDER BY ended_at, sid LIMIT 100 OFFSET 0',
        "SELECT sid FROM sessions WHERE state = 'opening' AND opening_until < 1 LIMIT 100",
        "SELECT sid FROM sessions WHERE state = 'open' AND until <= 1 LIMIT 100",
        'SELECT sid FROM sessions WHERE gone_at <= 1 LIMIT 100',
        "SELECT sid FROM sessions WHERE token_hash = 'a' AND state = 'open'",
        "SELECT sid FROM sessions WHERE gone_at >= 1 AND (gone_at > 1 OR sid > 'a') AND ended_at > 1 ORDER BY gone_at LIMIT 100",
        "SELECT sid FROM sessions WHERE ended_at > 1 AND ended_at >= 1 AND (ended_at > 1 OR sid > 'a') AND gone_at IS NULL ORDER BY ended_at, sid LIMIT 100",
      ].map((statement) => connection.prepare(`EXPLAIN QUERY PLAN ${statement}`).all([]) as { detail: string }[]),
    );
    for (const plan of plans) {
      expect(plan.map(({ detail }) => detail)).toEqual([expect.stringMatching(/^SEARCH sessions USING/)]);
    }
  });
});

function failingAt<A extends unknown[]>(
  at: number,
  call: (...args: A) => Promise<void>,
): (...args: A) => Promise<void> {
  let calls = 0;
  return async (...args) => {
    calls += 1;
    if (calls === at) throw new AppError('SERVICE_UNAVAILABLE');
    await call(...args);
  };
}
