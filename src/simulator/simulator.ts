import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type CodeToSessionRequest, codeToSession } from './code-to-session.js';
import { createPhones } from './phones.js';
import { refuse } from './refusals.js';
import { defaultUsers, type SimulatedUser, type SimulatedUserOptions, simulateUsers } from './users.js';

export interface SimulatorOptions {
  /** @default 0, a free port */
  port?: number;
  /** @default '127.0.0.1' */
  host?: string;
  /** @default a constant, so that a user keeps their openid from start to start */
  appid?: string;
  /** @default a new one at every start */
  secret?: string;
  /** @default alice, bob, carol (who has a unionid) and devtools, who is added to a list that lacks one */
  users?: readonly SimulatedUserOptions[];
  /** The clock, in ms. @default Date.now */
  now?: () => number;
}

/** A stand-in for api.weixin.qq.com: `GET /sns/jscode2session`, and the phones that call `wx.login`. */
export interface Simulator {
  readonly url: string;
  readonly appid: string;
  readonly secret: string;
  readonly users: readonly SimulatedUser[];
  /**
   * What `wx.login` returns on this person's phone: 32 characters, good once, for five minutes. It replaces their
   * session_key.
   *
   * @throws Error with the users there are, when this is none of them
   */
  code(username: string): string;
  /** Frees the port and drops every connection. */
  close(): Promise<void>;
}

const DEFAULT_APPID = 'wx7e57000000000001';

const serverLimits = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
};

function parseRequest({ method = '', url = '' }: IncomingMessage): CodeToSessionRequest {
  const [path = '', search = ''] = url.split('?', 2);
  return { method, path, query: new URLSearchParams(search) };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('the simulator listens on no TCP port');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * @throws TypeError when two users share a username or an openid
 * @throws Error (`EADDRINUSE` and the like) when the port cannot be had
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', appid = DEFAULT_APPID, now = Date.now } = options;
  const secret = options.secret ?? randomBytes(16).toString('hex');
  const users = simulateUsers(appid, options.users ?? defaultUsers);
  const phones = createPhones(users, now);

  const server = createServer(serverLimits, (request, response) => {
    const answer = codeToSession(parseRequest(request), { appid, secret }, phones);
    // WeChat labels its JSON text/plain, and refuses with 200.
    response.setHeader('content-type', 'text/plain');
    // Nobody reads a body here: the connection ends instead.
    if (request.method !== 'GET') response.setHeader('connection', 'close');
    response.end(JSON.stringify(typeof answer === 'number' ? refuse(answer, now()) : answer));
  });
  server.listen(port, host);
  await once(server, 'listening');

  let closing: Promise<void> | null = null;
  return {
    url: urlOf(server),
    appid,
    secret,
    users,
    code: phones.login,
    close() {
      closing ??= closeServer(server);
      return closing;
    },
  };
}
