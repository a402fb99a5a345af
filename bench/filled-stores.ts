import { createHash } from 'node:crypto';
import { createClient } from '@redis/client';
import Libsql from 'libsql';
import type { SessionValue } from '../src/sessions/session-value.js';
import { hashToken } from '../src/sessions/token.js';
import { openStores } from '../src/stores.js';

// Stores with more sessions than logins could make in a bench's time: values and records as logins leave them.

const DAY_MS = 86_400_000;
const BATCH = 10_000;
const DEVICE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.54';

/** Which sessions: numbers from (with) and to (without), and when their idle time is over. */
export interface Sessions {
  readonly from: number;
  readonly to: number;
  readonly until: number;
}

/** How many bytes of the store each of the sessions takes. */
export interface BytesEach {
  readonly value: number;
  /** Of its record in SQL; null where there is none. */
  readonly record: number | null;
}

/** The same for the same number, so that none need be kept. */
export function tokenOf(n: number): string {
  return `mj_${createHash('sha256').update(`token ${n}`).digest('base64url')}`;
}

export function keyOf(n: number): string {
  return `session:${hashToken(tokenOf(n))}`;
}

export function openidOf(n: number): string {
  return `o${randomOf(n).slice(-27)}`;
}

/** Makes the file when there is none. Each session is of a user of its own. */
export async function fillSqlite(path: string, { from, to, until }: Sessions): Promise<BytesEach> {
  const url = { kind: 'sqlite', path } as const;
  await (await openStores({ databaseUrl: url, sessionStoreUrl: url }, null)).close();
  const connection = new Libsql(path);
  // Only while it is filled: random keys touch every page.
  for (const setting of ['synchronous = OFF', 'cache_size = -1000000', 'foreign_keys = OFF']) {
    connection.exec(`PRAGMA ${setting}`);
  }
  const insert = connection.prepare('INSERT INTO keyv (key, value, expires_at) VALUES (?, ?, ?)');
  const size = () => {
    connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const { page_count: pages } = connection.prepare('PRAGMA page_count').get([]) as { page_count: number };
    return pages * 4096;
  };
  function bytesEachOf(work: () => void): number {
    const before = size();
    work();
    return Math.round((size() - before) / (to - from));
  }
  try {
    const { after } = connection.prepare('SELECT coalesce(max(rowid), 0) AS after FROM keyv').get([]) as {
      after: number;
    };
    const value = bytesEachOf(() => {
      for (let start = from; start < to; start += BATCH) {
        connection.exec('BEGIN');
        for (let n = start; n < Math.min(to, start + BATCH); n += 1) {
          insert.run([keyOf(n), storedText(n, until), until + DAY_MS]);
        }
        connection.exec('COMMIT');
      }
    });
    for (const statement of [INSERT_USERS, INSERT_IDENTITIES]) connection.prepare(statement).run([after]);
    const record = bytesEachOf(() => connection.prepare(INSERT_SESSIONS).run([after]));
    return { record, value };
  } finally {
    connection.close();
  }
}

const IN_VALUE = (name: string) => `json_extract(value, '$.value.${name}')`;
const APP = `'default', 'WECHAT', ${IN_VALUE('appid')}, ${IN_VALUE('openid')}`;
const SEALED = 'hex(randomblob(45))';

/** The rows behind the values whose rowid is greater. */
const INSERT_USERS = `INSERT INTO users (id, tenant, created_at)
  SELECT ${IN_VALUE('userId')}, 'default', 0 FROM keyv WHERE rowid > ?`;
const INSERT_IDENTITIES = `INSERT INTO identities
  (id, user_id, tenant, platform, appid, openid, session_key, created_at, last_login_at)
  SELECT ${IN_VALUE('identityId')}, ${IN_VALUE('userId')}, ${APP}, ${SEALED}, 0, 0 FROM keyv WHERE rowid > ?`;
const INSERT_SESSIONS = `INSERT INTO sessions
  (sid, user_id, identity_id, token_hash, login_key, kid, state, is_new_user, created_at, opening_until,
   until, first_until, abs_until, ip, device, touched_at)
  SELECT ${['sid', 'userId', 'identityId'].map(IN_VALUE)}, substr(key, 9), lower(hex(randomblob(32))), '0123abcd', 'open', 1,
   ${['createdAt', 'createdAt', 'until', 'until', 'absUntil', 'ip', 'device', 'touchedAt'].map(IN_VALUE)}
  FROM keyv WHERE rowid > ?`;

export async function fillRedis(url: string, { from, to, until }: Sessions): Promise<BytesEach> {
  const client = createClient({ url });
  await client.connect();
  const used = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
  try {
    const before = await used();
    for (let start = from; start < to; start += BATCH) {
      const batch = client.multi();
      for (let n = start; n < Math.min(to, start + BATCH); n += 1) {
        batch.set(`menjin:${keyOf(n)}`, storedText(n, until), { PXAT: until + DAY_MS });
      }
      await batch.execAsPipeline();
    }
    return { record: null, value: Math.round(((await used()) - before) / (to - from)) };
  } finally {
    client.destroy();
  }
}

/** As Keyv wraps it. */
function storedText(n: number, until: number): string {
  return JSON.stringify({ value: sessionValueOf(n, until), expires: until + DAY_MS });
}

function randomOf(n: number): string {
  return createHash('sha512').update(`session ${n}`).digest('base64url');
}

function sessionValueOf(n: number, until: number): SessionValue {
  const random = randomOf(n);
  const createdAt = until - 7 * DAY_MS;
  return {
    ...{ v: 1, sid: random.slice(0, 22), userId: random.slice(22, 44), userCreatedAt: createdAt },
    ...{ identityId: random.slice(44, 66), tenant: 'default', platform: 'WECHAT', appid: 'wx0123456789abcdef' },
    ...{ openid: openidOf(n), unionid: null, createdAt, touchedAt: createdAt },
    ...{ until, absUntil: createdAt + 30 * DAY_MS, ip: '203.0.113.77', device: DEVICE },
  };
}
