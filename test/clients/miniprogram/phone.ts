import http from 'node:http';
import type { PlatformResponse, RequestOptions, WxLike } from '../../../clients/miniprogram/src/api.js';
import type { HeldCall } from '../../support/faults.js';

/** What happens to one request of a phone. */
export type Fate =
  | 'pass'
  /** It does its work, and the phone hears nothing of it. */
  | 'lose the answer'
  /** It is never sent. */
  | { readonly errMsg: string }
  /** It is never sent; this is heard. */
  | Partial<PlatformResponse>
  /** It waits before it is sent, or before its answer is heard, until it is let go. */
  | HeldCall;

export type Kind = 'login' | 'logout' | 'request';

export interface Sent {
  readonly kind: Kind;
  readonly token: string | null;
  readonly query: string;
  readonly variables: { readonly input?: { readonly code?: string; readonly requestId?: string; appid?: string } };
  readonly header: Readonly<Record<string, string>>;
}

/** A phone with a mini-program on it: the functions of `wx`, over real HTTP. */
export interface Phone {
  readonly wx: WxLike;
  /** How often `wx.login` was called. */
  readonly logins: number;
  /** In the order in which they left. */
  readonly sent: readonly Sent[];
  /** The most that were under way at once. */
  readonly mostAtOnce: number;
  readonly storage: Map<string, unknown>;
  /** Keys that were written or read as `encrypt`. */
  readonly encrypted: Set<string>;
  ofKind(kind: Kind): readonly Sent[];
  /** For the next ones of a kind; those beyond pass. */
  plan(kind: Kind, ...fates: Fate[]): void;
  /** For all later ones of a kind. */
  always(kind: Kind, fate: Fate): void;
  /** What `wx.login` calls back with; null: a code. */
  failLogin(errMsg: string | null): void;
}

/** @param takeCode what `wx.login` gives */
export function createPhone(takeCode: () => string): Phone {
  const storage = new Map<string, unknown>();
  const encrypted = new Set<string>();
  const sent: Sent[] = [];
  const plans: Record<Kind, Fate[]> = { login: [], logout: [], request: [] };
  const standing: Record<Kind, Fate> = { login: 'pass', logout: 'pass', request: 'pass' };
  const seen = { logins: 0, atOnce: 0, mostAtOnce: 0 };
  let loginFault: string | null = null;

  async function answer(options: RequestOptions): Promise<PlatformResponse> {
    const request = readRequest(options);
    sent.push(request);
    const fate = plans[request.kind].shift() ?? standing[request.kind];
    if (fate === 'pass') return post(options);
    if (fate === 'lose the answer') {
      await post(options);
      throw { errMsg: 'request:fail -101:net::ERR_CONNECTION_RESET' };
    }
    if ('errMsg' in fate) throw fate;
    if (!('released' in fate)) return { statusCode: 200, header: {}, data: '', ...fate };
    if (fate.when === 'before') {
      fate.arrive();
      await fate.released;
      return post(options);
    }
    const response = await post(options);
    fate.arrive();
    await fate.released;
    return response;
  }

  const wx: WxLike = {
    login({ success, fail }) {
      seen.logins += 1;
      setImmediate(() => (loginFault === null ? success({ code: takeCode() }) : fail({ errMsg: loginFault })));
    },
    request({ success, fail, ...options }) {
      seen.atOnce += 1;
      seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
      answer(options)
        .finally(() => {
          seen.atOnce -= 1;
        })
        .then(success, fail);
      return { abort: () => {} };
    },
    getStorage({ key, encrypt, success, fail }) {
      if (encrypt) encrypted.add(key);
      setImmediate(() =>
        storage.has(key) ? success({ data: storage.get(key) }) : fail({ errMsg: 'getStorage:fail data not found' }),
      );
    },
    setStorage({ key, data, encrypt, success }) {
      if (encrypt) encrypted.add(key);
      storage.set(key, data);
      setImmediate(() => success({ errMsg: 'setStorage:ok' }));
    },
    removeStorage({ key, success }) {
      storage.delete(key);
      setImmediate(() => success({ errMsg: 'removeStorage:ok' }));
    },
  };

  return {
    ...{ wx, sent, storage, encrypted },
    get logins() {
      return seen.logins;
    },
    get mostAtOnce() {
      return seen.mostAtOnce;
    },
    ofKind: (kind) => sent.filter((each) => each.kind === kind),
    plan: (kind, ...fates) => {
      plans[kind].push(...fates);
    },
    always: (kind, fate) => {
      standing[kind] = fate;
    },
    failLogin: (errMsg) => {
      loginFault = errMsg;
    },
  };
}

/** An answer of GraphQL that never came from a gateway. */
export function refusal(code: string, extensions: object = {}, data: unknown = null): Partial<PlatformResponse> {
  const body = { data, errors: [{ message: `${code}, it says`, extensions: { code, ...extensions } }] };
  return { statusCode: code === 'UNAUTHENTICATED' ? 401 : 200, data: JSON.stringify(body) };
}

function readRequest({ header, data = '{}' }: RequestOptions): Sent {
  const { query = '', variables = {} } = JSON.parse(data) as { query?: string; variables?: Sent['variables'] };
  const kind = /login\(/.test(query) ? 'login' : /logout/.test(query) ? 'logout' : 'request';
  return { kind, query, variables, header, token: header.authorization?.replace('Bearer ', '') ?? null };
}

/** `fetch` would add headers that no phone sends. */
function post({ url, method, header, data, timeout }: RequestOptions): Promise<PlatformResponse> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers: header, timeout }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        // Some phones write them so.
        resolve({ statusCode: response.statusCode ?? 0, header: inCapitals(response.headers), data: text }),
      );
    });
    request.on('error', (error) => reject({ errMsg: `request:fail ${error.message}` }));
    request.end(data);
  });
}

function inCapitals(headers: object): object {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
}
