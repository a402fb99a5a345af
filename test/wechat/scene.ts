import { inspect } from 'node:util';
import { AppError } from '../../src/errors.js';
import { createKeyRing } from '../../src/lib/key-ring.js';
import type { App } from '../../src/platforms/platform.js';
import type { Database } from '../../src/sql/database.js';
import { openStores } from '../../src/stores.js';
import { createWechatApi, type WechatApi, type WechatApiParts } from '../../src/wechat/index.js';
import { CAUSE_CANARY, createFaults, type Faults, faultyDatabase } from '../support/faults.js';
import type { SharedStores } from '../support/shared-stores.js';
import { createTestClock, type TestClock } from '../support/test-gateway.js';
import { SECRET, type ServerApis, startServerApis, TOKEN_CANARY } from './stand-in.js';

export const app: App = { platform: 'WECHAT', appid: 'wxone', secrets: [SECRET], tenant: 'default' };
export const otherApp: App = { ...app, appid: 'wxtwo' };
export const keys = createKeyRing([Buffer.from('CANARY-server-key-32-bytes-long!')]);

/** What one process has. */
export interface Caller extends WechatApi {
  readonly database: Database;
  readonly faults: Faults;
  readonly storeFailures: unknown[];
  readonly renewalFailures: unknown[];
}

export interface Scene {
  readonly apis: ServerApis;
  readonly clock: TestClock;
  caller(options?: CallerOptions): Promise<Caller>;
  close(): Promise<void>;
}

export type CallerOptions = Partial<WechatApiParts> & { clock?: TestClock; patienceMs?: number };

const IN_MEMORY = { databaseUrl: { kind: 'memory' }, sessionStoreUrl: { kind: 'memory' } } as const;

/** @param stores shared by its callers; without them each has a database in memory. */
export async function openScene(stores: SharedStores | null = null, startsAt?: number): Promise<Scene> {
  const clock = createTestClock(startsAt);
  const apis = await startServerApis(clock.now);
  const closers: (() => Promise<void>)[] = [];

  return {
    apis,
    clock,
    caller: async ({ clock: own = clock, ...parts } = {}) => {
      const opened = await openStores({ ...IN_MEMORY, ...stores?.config }, own.now);
      const faults = createFaults();
      const database = faultyDatabase(faults)(opened.database);
      const storeFailures: unknown[] = [];
      const renewalFailures: unknown[] = [];
      const api = createWechatApi({
        ...{ apiUrl: apis.url, database, keys, now: own.now },
        onStoreFailure: (error) => storeFailures.push(error),
        onRenewalFailure: (error) => renewalFailures.push(error),
        ...parts,
      });
      closers.push(async () => {
        await api.accessTokens.close();
        await opened.close();
        for (const error of [...storeFailures, ...renewalFailures]) expectNoSecretIn(error, [CAUSE_CANARY]);
      });
      return { ...api, database, faults, storeFailures, renewalFailures };
    },
    close: async () => {
      for (const close of closers.reverse()) await close();
      const kept = (await stores?.texts()) ?? [];
      for (const text of kept) if (text.includes(TOKEN_CANARY)) throw new Error('a token is kept as it is');
      await apis.close();
    },
  };
}

/** The failure of a call, after it was searched for secrets. */
export async function failureOf(work: Promise<unknown>, ...secrets: string[]): Promise<AppError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error(`an AppError was expected, not ${inspect(error)}`);
  expectNoSecretIn(error, [], secrets);
  return error;
}

/** Nothing that a log, a debugger or a serializer can reach may hold a secret. */
export function expectNoSecretIn(
  error: unknown,
  allowed: readonly string[] = [],
  secrets: readonly string[] = [],
): void {
  const options = { depth: Number.POSITIVE_INFINITY, showHidden: true };
  const printed = [inspect(error, options), JSON.stringify(error)].join('\n');
  for (const secret of [TOKEN_CANARY, SECRET, '127.0.0.1', 'access_token=', ...secrets]) {
    if (!allowed.includes(secret) && printed.includes(secret)) throw new Error(`${secret} is in an error: ${printed}`);
  }
}
