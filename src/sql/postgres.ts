import { once } from 'node:events';
import pg from 'pg';
import { DeadlineError, withDeadline } from '../lib/deadline.js';
import { driverOptions } from './postgres-driver.js';
import { PostgresUnavailableError, postgresError } from './postgres-errors.js';

/** Sends one statement; without parameters it may be several, and the last one's answer counts. */
export type Ask = <Row>(text: string, parameters?: readonly unknown[]) => Promise<PostgresAnswer<Row>>;

export interface PostgresAnswer<Row> {
  readonly rows: Row[];
  /** `SELECT`, `COMMIT` ... as the server says what it has done. */
  readonly command: string;
  /** How many rows were read or written. */
  readonly rowCount: number;
}

/**
 * One PostgreSQL as this process uses it: a few connections, made when they are needed and never handed on after a doubt.
 *
 * Every function throws within its deadline, the waiting for a connection included: DeadlineError, or
 * PostgresUnavailableError, when what was asked may or may not have been done; the driver's DatabaseError for a wrong statement or
 * a violated constraint.
 */
export interface Postgres {
  /** One statement, and a transaction of its own. */
  readonly ask: Ask;
  /** How long a call may take. */
  readonly timeoutMs: number;
  /** All of `work` on one connection. What it asks after it has ended is refused. */
  use<T>(work: (ask: Ask) => Promise<T>, timeoutMs?: number): Promise<T>;
  /** All of `work` in one transaction, which is committed when it returns. `now` is the database's time in ms. */
  transaction<T>(work: (ask: Ask, now: number) => Promise<T>, timeoutMs?: number): Promise<T>;
  /** Waits for what is under way, within the deadline. Calling it again is harmless. */
  close(): Promise<void>;
}

export interface PostgresOptions {
  /** Ends before the stores' own deadline, so that no write begins whose caller was told "not known". */
  readonly timeoutMs?: number;
  readonly maxConnections?: number;
}

export const SELECT_NOW = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';
/** Said each time: a server or a role may have another default. */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; ${SELECT_NOW}`;

const MAX_WAITING = 10_000;
const IDLE_MS = 30_000;
const GOODBYE_MS = 500;

/**
 * Connects to nobody yet.
 * @throws TypeError for what is no URL of a PostgreSQL
 */
export function connectPostgres(url: string, options: PostgresOptions = {}): Postgres {
  const { timeoutMs = 1900, maxConnections = 10 } = options;
  // Ends before ours, so that it is the server that says so, and the connection goes on.
  const statementTimeoutMs = Math.ceil(timeoutMs * 0.8);
  const pool = new pg.Pool({
    ...driverOptions(url),
    max: maxConnections,
    connectionTimeoutMillis: statementTimeoutMs,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
  });
  const settings = [
    `SET statement_timeout = ${statementTimeoutMs}`,
    // A process that is stopped in the middle of a transaction must not keep its locks.
    `SET idle_in_transaction_session_timeout = ${2 * timeoutMs}`,
  ].join('; ');
  const connected = new Set<pg.PoolClient>();
  const configured = new WeakSet<pg.PoolClient>();
  const heardAt = new WeakMap<pg.PoolClient, number>();
  let silentSince = Number.NEGATIVE_INFINITY;
  let closing: Promise<void> | null = null;

  // Without listeners a server that restarts ends this process. The pool drops the connection by itself.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    connected.add(client);
    client.on('error', () => undefined);
    client.on('end', () => void connected.delete(client));
  });

  /** One that has answered since another was found silent: the network may have forgotten all that were open then. */
  async function connection(): Promise<pg.PoolClient> {
    if (pool.waitingCount >= MAX_WAITING) throw new DeadlineError('too many are waiting');
    for (;;) {
      const client = await pool.connect().catch((error: unknown) => {
        throw postgresError(error);
      });
      const lastHeardAt = heardAt.get(client);
      if (lastHeardAt === undefined || lastHeardAt > silentSince) return client;
      drop(client);
    }
  }

  async function use<T>(work: (ask: Ask) => Promise<T>, ownTimeoutMs = timeoutMs): Promise<T> {
    const deadline = performance.now() + ownTimeoutMs;
    const left = () => Math.max(0, deadline - performance.now());
    const connecting = connection();
    const client = await withDeadline(connecting, left()).catch((error: unknown) => {
      connecting.then(
        (late) => late.release(),
        () => undefined,
      );
      throw error;
    });
    let isOver = false;
    let askedAt = Number.POSITIVE_INFINITY;

    const ask: Ask = async (text, parameters) => {
      if (isOver) throw new DeadlineError('the connection belongs to another call by now');
      askedAt = performance.now();
      try {
        const answers: unknown = await client.query(text, parameters as unknown[] | undefined);
        return answerOf(Array.isArray(answers) ? answers.at(-1) : answers);
      } catch (error) {
        throw postgresError(error);
      } finally {
        askedAt = Number.POSITIVE_INFINITY;
        heardAt.set(client, performance.now());
      }
    };

    async function prepareAndWork(): Promise<T> {
      if (!configured.has(client)) await ask(settings);
      configured.add(client);
      return work(ask);
    }

    try {
      const result = await withDeadline(prepareAndWork(), left());
      isOver = true;
      client.release();
      return result;
    } catch (error) {
      isOver = true;
      if (performance.now() - askedAt >= statementTimeoutMs) silentSince = performance.now();
      if (configured.has(client) && (await isClean(client, error, left()))) client.release();
      else drop(client);
      throw error;
    }
  }

  function drop(client: pg.PoolClient): void {
    // Saying goodbye to who does not answer would take for ever.
    client.connection.stream.destroy();
    client.release(true);
  }

  return {
    timeoutMs,
    use,
    ask: (text, parameters) => use((ask) => ask(text, parameters)),
    transaction: (work, ownTimeoutMs) =>
      use(async (ask) => {
        const begun = await ask<{ now: number }>(BEGIN);
        const result = await work(ask, begun.rows[0]?.now ?? Number.NaN);
        const { command } = await ask('COMMIT');
        // So it answers when a statement had failed and `work` went on.
        if (command !== 'COMMIT') throw new Error('a statement of the transaction had failed: nothing was committed');
        return result;
      }, ownTimeoutMs),
    close: () => {
      closing ??= (async () => {
        await withDeadline(pool.end(), timeoutMs).catch(() => undefined);
        const goodbyes = Promise.all([...connected].map((client) => once(client, 'end')));
        await withDeadline(goodbyes, GOODBYE_MS).catch(() => undefined);
        for (const client of connected) client.connection.stream.destroy();
      })();
      return closing;
    },
  };
}

/** Whether the next caller may have it: it answers, and no transaction is open. */
async function isClean(client: pg.PoolClient, error: unknown, timeoutMs: number): Promise<boolean> {
  if (error instanceof DeadlineError || (error instanceof PostgresUnavailableError && !error.keepsConnection))
    return false;
  try {
    await withDeadline(client.query('ROLLBACK'), timeoutMs);
    return true;
  } catch {
    return false;
  }
}

function answerOf<Row>(result: unknown): PostgresAnswer<Row> {
  const { rows, command, rowCount } = result as pg.QueryResult;
  return { rows: rows as Row[], command, rowCount: rowCount ?? 0 };
}
