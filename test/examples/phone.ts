import { randomBytes } from 'node:crypto';
import { createContext, runInContext } from 'node:vm';
import type { FastifyInstance } from 'fastify';

/** A phone that runs a mini-program's script: `wx` as far as the READMEs use it. */
export interface Phone {
  /** The script's `request`, as its answer's JSON. */
  request(query: string): Promise<unknown>;
  readonly storage: Map<string, string>;
  /** What `wx.login` gives next. */
  readonly codes: string[];
  /** How many answers are lost from now on, after the gateway has given them. */
  lostAnswers: number;
  /** How long the script waited, in ms; nobody waits in a test. */
  readonly waitsMs: number[];
}

interface RequestOptions {
  readonly url: string;
  readonly method: 'POST';
  readonly header: Record<string, string>;
  readonly data: unknown;
  success(result: { data: unknown; statusCode: number }): void;
  fail(error: { errMsg: string }): void;
}

export function createPhone(script: string, app: FastifyInstance): Phone {
  const storage = new Map<string, string>();
  const codes: string[] = [];
  const waitsMs: number[] = [];

  async function deliver({ method, url, header, data, success, fail }: RequestOptions): Promise<void> {
    const { pathname } = new URL(url);
    const answer = await app.inject({ method, url: pathname, headers: header, payload: data as object });
    if (phone.lostAnswers > 0) {
      phone.lostAnswers -= 1;
      fail({ errMsg: 'request:fail timeout' });
      return;
    }
    success({ data: answer.json(), statusCode: answer.statusCode });
  }

  const wx = {
    login: async () => ({ code: codes.shift() ?? '', errMsg: 'login:ok' }),
    request: (options: RequestOptions) => void deliver(options),
    getStorageSync: (key: string) => storage.get(key) ?? '',
    setStorageSync: (key: string, value: string) => void storage.set(key, value),
    removeStorageSync: (key: string) => void storage.delete(key),
    arrayBufferToBase64: (buffer: ArrayBuffer) => Buffer.from(buffer).toString('base64'),
    getUserCryptoManager: () => ({
      getRandomValues: ({
        length,
        success,
      }: {
        length: number;
        success(result: { randomValues: ArrayBuffer }): void;
      }) => success({ randomValues: Uint8Array.from(randomBytes(length)).buffer }),
    }),
  };
  const wait = (callback: () => void, ms: number) => {
    waitsMs.push(ms);
    setImmediate(callback);
  };

  const { request } = runInContext(`${script}\n;({ request });`, createContext({ wx, setTimeout: wait })) as {
    request(query: string): Promise<unknown>;
  };
  const phone: Phone = {
    request: async (query) => JSON.parse(JSON.stringify(await request(query))),
    storage,
    codes,
    lostAnswers: 0,
    waitsMs,
  };
  return phone;
}
