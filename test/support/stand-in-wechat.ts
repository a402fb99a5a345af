import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { deferred } from './faults.js';

export interface UpstreamCall {
  appid: string;
  secret: string;
  code: string;
  grantType: string;
  /** 1 for the first call this stand-in received. */
  number: number;
}

/** Answers a call itself, or returns 'default' to have it answered the ordinary way. */
export type Behaviour = (
  call: UpstreamCall,
  response: http.ServerResponse,
  request: http.IncomingMessage,
) => undefined | 'default' | Promise<undefined | 'default'>;

export interface StandInWechat {
  /** An origin: `http://127.0.0.1:port`. */
  url: string;
  /** Every request received, in order. */
  calls: UpstreamCall[];
  /** Unionids beside that: keys are an appid, a space and an openid. */
  unionids: Map<string, string>;
  /** Replaces the ordinary answers while it is not null. */
  behaviour: Behaviour | null;
  /** Ends every connection. Rejects with the first error a behaviour threw. */
  close(): Promise<void>;
}

/**
 * A stand-in for api.weixin.qq.com. The code `alice.1` logs in the openid `alice`, once per appid; `u-bob.1` logs in
 * `u-bob`, who has the unionid `union-u-bob`; a code that starts with `bad` is invalid.
 */
export async function startStandInWechat(): Promise<StandInWechat> {
  const failures: unknown[] = [];
  const unionids = new Map<string, string>();
  const ordinary = ordinaryBehaviour(unionids);

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const call = readCall(request, standIn.calls.length + 1);
    standIn.calls.push(call);
    const outcome = standIn.behaviour ? await standIn.behaviour(call, response, request) : 'default';
    if (outcome === 'default') await ordinary(call, response, request);
  }

  const server = http.createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      failures.push(error);
      response.destroy();
    });
  });
  const standIn: StandInWechat = {
    url: '',
    calls: [],
    unionids,
    behaviour: null,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (failures.length > 0) throw failures[0];
    },
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  standIn.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return standIn;
}

/** The session_key of an openid's nth login: 16 bytes in base64, beginning `SessionKey00`. */
export function sessionKeyOf(openid: string, n: number): string {
  const tail = createHash('sha256').update(`${openid} ${n}`).digest().subarray(0, 7);
  return Buffer.concat([Buffer.from('SessionKey00', 'base64'), tail]).toString('base64');
}

export const RID = '619c7771-0a02d499-79942718';

export function answerJson(body: unknown): Behaviour {
  return answerText(JSON.stringify(body));
}

export function answerText(text: string | Buffer, contentType = 'text/plain', status = 200): Behaviour {
  return answerWith(status, { 'content-type': contentType }, text);
}

export function answerWith(status: number, headers: http.OutgoingHttpHeaders, body: string | Buffer): Behaviour {
  return (_call, response) => {
    response.writeHead(status, headers).end(body);
  };
}

/** TCP reset once the request has been read. */
export const resetAfterRequest: Behaviour = (_call, _response, request) => {
  request.socket.resetAndDestroy();
};

/** Neither headers nor an end. */
export const hang: Behaviour = () => undefined;

/** Headers at once, then a byte of a body that never ends every so many milliseconds. */
export function dribble(ms: number): Behaviour {
  return (_call, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write(' ');
    const timer = setInterval(() => response.write(' '), ms);
    response.on('close', () => clearInterval(timer));
  };
}

export interface Hold {
  behaviour: Behaviour;
  /** Resolves when as many calls as asked for are held. */
  arrived: Promise<void>;
  /** Answers the held calls the ordinary way, and all later ones at once. */
  release(): void;
}

/** Holds every call back until it is released. */
export function hold(calls = 1): Hold {
  let held = 0;
  const [arrival, released] = [deferred<void>(), deferred<void>()];
  return {
    arrived: arrival.promise,
    release: released.resolve,
    behaviour: async (): Promise<'default'> => {
      held += 1;
      if (held === calls) arrival.resolve();
      await released.promise;
      return 'default';
    },
  };
}

function readCall(request: http.IncomingMessage, number: number): UpstreamCall {
  const { searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const parameter = (name: string) => searchParams.get(name) ?? '';
  return {
    appid: parameter('appid'),
    secret: parameter('secret'),
    code: parameter('js_code'),
    grantType: parameter('grant_type'),
    number,
  };
}

function ordinaryBehaviour(unionids: ReadonlyMap<string, string>): Behaviour {
  const usedCodes = new Set<string>();
  const logins = new Map<string, number>();

  return (call, response, request) => {
    const refusal = refusalOf(call, request, usedCodes);
    if (refusal) return answerJson(refusal)(call, response, request);
    usedCodes.add(`${call.appid} ${call.code}`);
    const openid = call.code.split('.')[0] ?? '';
    const n = (logins.get(`${call.appid} ${openid}`) ?? 0) + 1;
    logins.set(`${call.appid} ${openid}`, n);
    const told = unionids.get(`${call.appid} ${openid}`) ?? (openid.startsWith('u-') ? `union-${openid}` : null);
    const unionid = told === null ? {} : { unionid: told };
    return answerJson({ session_key: sessionKeyOf(openid, n), openid, ...unionid })(call, response, request);
  };
}

function refusalOf(call: UpstreamCall, request: http.IncomingMessage, usedCodes: ReadonlySet<string>) {
  const refuse = (errcode: number, text: string) => ({ errcode, errmsg: `${text}, rid: ${RID}` });
  if (request.method !== 'GET' || !request.url?.startsWith('/sns/jscode2session?')) return refuse(40066, 'invalid url');
  if (call.appid === '') return refuse(41002, 'appid missing');
  if (call.secret === '') return refuse(41004, 'appsecret missing');
  if (call.code === '') return refuse(41008, 'missing code');
  if (call.grantType !== 'authorization_code') return refuse(40002, 'invalid grant_type');
  if (call.code.startsWith('bad')) return refuse(40029, 'invalid code');
  if (usedCodes.has(`${call.appid} ${call.code}`)) return refuse(40163, 'code been used');
  return null;
}
