import http from 'node:http';
import type { AddressInfo } from 'node:net';

// A stand-in for WeChat's server APIs: stable tokens, and calls that want one.

export const RID = '619c7771-0a02d499-79942718';
/** What every token of the stand-in begins with. It must appear in no error and no log. */
export const TOKEN_CANARY = 'CANARY-access-token';
export const SECRET = 'CANARY-app-secret-77';

export interface TokenRequest {
  readonly appid: string;
  readonly secret: string;
  readonly force: boolean;
}

interface TokenBody {
  readonly grant_type: string;
  readonly appid: string;
  readonly secret: string;
  readonly force_refresh: boolean;
}

export interface ApiCall {
  readonly method: string;
  readonly path: string;
  /** Without the access_token. */
  readonly query: Readonly<Record<string, string>>;
  readonly token: string;
  /** Parsed; null without one. */
  readonly body: unknown;
}

/** Gives what is sent as JSON, or ends the response itself; undefined: it is answered the ordinary way. */
export type Steer<T> = (request: T, response: http.ServerResponse) => object | undefined | Promise<object | undefined>;

export interface ServerApis {
  /** An origin: `http://127.0.0.1:port`. */
  readonly url: string;
  readonly tokenRequests: TokenRequest[];
  readonly calls: ApiCall[];
  /** By appid; any other appid has SECRET. */
  readonly secrets: Map<string, string>;
  onTokenRequest: Steer<TokenRequest> | null;
  /** Asked when the token of the call is good. */
  onCall: Steer<ApiCall> | null;
  /** As if somebody else had it replaced. */
  revoke(appid: string): void;
  close(): Promise<void>;
}

const LIFETIME_MS = 7_200_000;
const RENEW_MS = 300_000;

export async function startServerApis(now: () => number = Date.now): Promise<ServerApis> {
  const current = new Map<string, { token: string; until: number }>();
  const ends = new Map<string, number>();
  const failures: unknown[] = [];
  let made = 0;

  function stableToken({ appid, secret, force }: TokenRequest): object {
    if (secret !== (apis.secrets.get(appid) ?? SECRET)) return refusal(40125, 'invalid appsecret');
    const known = current.get(appid);
    if (known !== undefined && !force && known.until - now() >= RENEW_MS) return answerOf(known);
    if (known !== undefined && force) ends.delete(known.token);
    made += 1;
    const token = { token: `${TOKEN_CANARY}-${appid}-${made}`, until: now() + LIFETIME_MS };
    current.set(appid, token);
    ends.set(token.token, token.until);
    return answerOf(token);
  }

  const answerOf = ({ token, until }: { token: string; until: number }) => ({
    access_token: token,
    expires_in: Math.floor((until - now()) / 1000),
  });

  function ordinary({ token }: ApiCall): object | null {
    const until = ends.get(token);
    if (until === undefined) return refusal(40001, `invalid credential, ${token} is invalid or not latest`);
    return until <= now() ? refusal(42001, 'access_token expired') : null;
  }

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<object | undefined> {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const body = await bodyOf(request);
    if (url.pathname === '/cgi-bin/stable_token') {
      const { appid, secret, force_refresh: force, grant_type: grantType } = body as TokenBody;
      if (request.method !== 'POST' || grantType !== 'client_credential') return refusal(40002, 'invalid grant_type');
      const asked = { appid, secret, force };
      apis.tokenRequests.push(asked);
      const steered = await apis.onTokenRequest?.(asked, response);
      return steered ?? stableToken(asked);
    }
    const { access_token: token = '', ...query } = Object.fromEntries(url.searchParams);
    const call = { method: request.method ?? '', path: url.pathname, query, token, body };
    apis.calls.push(call);
    const refused = ordinary(call);
    if (refused !== null) return refused;
    return (await apis.onCall?.(call, response)) ?? { errcode: 0, errmsg: 'ok' };
  }

  const server = http.createServer((request, response) => {
    answer(request, response).then(
      (body) => {
        if (body !== undefined && !response.writableEnded && !response.destroyed) response.end(JSON.stringify(body));
      },
      (error: unknown) => {
        failures.push(error);
        response.destroy();
      },
    );
  });
  const apis: ServerApis = {
    url: '',
    tokenRequests: [],
    calls: [],
    secrets: new Map(),
    onTokenRequest: null,
    onCall: null,
    revoke: (appid) => {
      ends.delete(current.get(appid)?.token ?? '');
      current.delete(appid);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (failures.length > 0) throw failures[0];
    },
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return Object.assign(apis, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** As WeChat says no. */
export function refusal(errcode: number, text = 'no'): object {
  return { errcode, errmsg: `${text}, rid: ${RID}` };
}

async function bodyOf(request: http.IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? null : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
