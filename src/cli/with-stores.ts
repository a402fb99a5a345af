import { existsSync } from 'node:fs';
import { type Config, ConfigError, type Environment, loadConfig } from '../config.js';
import { AppError } from '../errors.js';
import { failureCode } from '../lib/failure-code.js';
import { DataDirError } from '../server-keys.js';
import { openStores, type Stores } from '../stores.js';

export interface StoreCommand {
  /** Where the settings come from, when not from this process. */
  readonly environment?: Environment;
  readonly out: { write(text: string): unknown };
  readonly err: { write(text: string): unknown };
}

type StoreVariable = 'DATABASE_URL' | 'SESSION_STORE_URL';

/** What keeps a command from its work. The message is one sentence for who typed it. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/**
 * Opens the stores that the settings name, beside gateways that use them, and closes them again.
 *
 * @param needed what the work is done on: of another process's memory nothing can be seen or ended.
 * @returns the exit status: that of `work`, or 1 after one sentence on `err`
 */
export async function withStores(
  { environment, err }: StoreCommand,
  needed: readonly StoreVariable[],
  work: (stores: Stores, config: Config) => Promise<number>,
): Promise<number> {
  let stores: Stores | null = null;
  try {
    const { config } = loadConfig(environment);
    for (const variable of needed) refuseOutOfReach(variable, config);
    stores = await opened(config);
    return await work(stores, config);
  } catch (error) {
    err.write(`${sentenceFor(error)}\n`);
    return 1;
  } finally {
    await stores?.close().catch(() => undefined);
  }
}

function opened(config: Config): Promise<Stores> {
  // Its errors are sentences.
  return openStores(config, null).catch((error: Error) => Promise.reject(new CommandFailure(error.message)));
}

/** A mistyped folder must not become a new and empty database. */
function refuseOutOfReach(variable: StoreVariable, config: Config): void {
  const url = variable === 'DATABASE_URL' ? config.databaseUrl : config.sessionStoreUrl;
  if (url.kind === 'memory') {
    throw new CommandFailure(
      `${variable} is memory: what it holds is in the gateway's process, out of reach from here.`,
    );
  }
  if (url.kind === 'sqlite' && !existsSync(url.path)) {
    throw new CommandFailure(
      `${variable} names a SQLite file that is not there: give this the settings and the folder that the gateway has.`,
    );
  }
}

const VARIABLES: Readonly<Record<string, StoreVariable>> = { sql: 'DATABASE_URL', sessions: 'SESSION_STORE_URL' };

function sentenceFor(error: unknown): string {
  const isSentence = [CommandFailure, ConfigError, DataDirError].some((known) => error instanceof known);
  if (isSentence) return (error as Error).message;
  // A driver's message may hold a password.
  if (!(error instanceof AppError)) return `It failed for a reason of our own (${failureCode(error)}).`;
  const variable = VARIABLES[String(error.log.store)];
  if (error.code !== 'SERVICE_UNAVAILABLE' || variable === undefined) return `It failed: ${error.message}`;
  return `The store of ${variable} did not answer. What was done stays done: the same again does the rest.`;
}
