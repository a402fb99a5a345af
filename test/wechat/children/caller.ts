import { AppError } from '../../../src/errors.js';
import { createKeyRing } from '../../../src/lib/key-ring.js';
import type { App } from '../../../src/platforms/platform.js';
import { openStores, type Stores } from '../../../src/stores.js';
import { createWechatApi, type WechatApi } from '../../../src/wechat/index.js';
import { answerCommands } from '../../support/child-side.js';

// A process that calls WeChat in the name of an app.

export interface Outcome {
  /** What calls failed with. */
  readonly failures: readonly string[];
  /** How often its database did not answer in time. */
  readonly storeFailures: number;
}

let api: WechatApi | null = null;
let skewMs = 0;
let storeFailures = 0;
let stores: Stores | null = null;
const now = () => Date.now() + skewMs;

process.once('disconnect', () => process.exit());

answerCommands({
  start: async (apiUrl: string, config: Parameters<typeof openStores>[0], key: string) => {
    skewMs = 0;
    stores = await openStores(config, now);
    const keys = createKeyRing([Buffer.from(key)]);
    const onStoreFailure = () => {
      storeFailures += 1;
    };
    const patience = { patienceMs: 60_000 };
    api = createWechatApi({ apiUrl, database: stores.database, keys, now, onStoreFailure, ...patience });
  },
  stop: async () => {
    await api?.accessTokens.close();
    await stores?.close();
  },
  /** So many at once. */
  call: async (app: App, count: number): Promise<Outcome> => {
    storeFailures = 0;
    const call = { path: '/wxa/business/something', timeoutMs: 60_000 };
    const asked = Array.from({ length: count }, () => api?.call(app, call));
    const outcomes = await Promise.allSettled(asked);
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [textOf(outcome.reason)] : []));
    return { failures, storeFailures };
  },
  /** Its clock goes on. */
  advance: (ms: number) => {
    skewMs += ms;
  },
});

function textOf(error: unknown): string {
  return error instanceof AppError ? `${error.code} ${JSON.stringify(error.log)}` : `${error}`;
}
