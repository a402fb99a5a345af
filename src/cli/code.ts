import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

export interface AskedCode {
  readonly user: string;
  /** null: the first app. */
  readonly appid: string | null;
  /** What happens when the code is exchanged: a name, or an errcode in digits; null: nothing. */
  readonly fault: string | null;
}

export interface CodeDeps {
  /** Where the gateway or the simulator listens. */
  host: string;
  port: number;
  out: { write(text: string): unknown };
  err: { write(text: string): unknown };
  /** For the whole answer. @default 5000 */
  timeoutMs?: number;
}

interface GatewayAnswer {
  status: number;
  body: unknown;
}

const MAX_ANSWER_BYTES = 64 * 1024;

/** A server that listens on every address is asked at the loopback one. */
const loopbackOf: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

function originOf(host: string, port: number): string {
  const reachable = loopbackOf[host] ?? host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** Not through fetch-json, which leaves the body of a refusal unread: here the body says which users there are. */
async function askForCode(origin: string, asked: AskedCode, signal: AbortSignal): Promise<GatewayAnswer> {
  const asking = request(`${origin}/simulator/codes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    agent: false,
    signal,
  });
  asking.end(JSON.stringify(bodyOf(asked)));
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  // An error from here on reaches the loop below through the response as well.
  asking.on('error', () => {});
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) {
    text += chunk;
    if (text.length > MAX_ANSWER_BYTES) throw new RangeError('the answer is too large');
  }
  return { status: response.statusCode ?? 0, body: JSON.parse(text) };
}

function bodyOf({ user, appid, fault }: AskedCode) {
  const plainFault = fault !== null && /^-?\d{1,9}$/.test(fault) ? Number(fault) : fault;
  return { user, ...(appid !== null && { appid }), ...(plainFault !== null && { fault: plainFault }) };
}

function codeIn(body: unknown): string | null {
  const code = (body as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[\w.-]{1,128}$/.test(code) ? code : null;
}

function messageIn(body: unknown): string | null {
  const message = (body as { errors?: { message?: unknown }[] } | null)?.errors?.[0]?.message;
  // It goes to a terminal, where control characters act.
  return typeof message === 'string' ? message.replace(/\p{Cc}+/gu, ' ').slice(0, 1000) : null;
}

const UNREACHABLE = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN)$/;

function sayFailure(error: unknown, origin: string): string {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && UNREACHABLE.test(code))
    return `Nothing answers at ${origin}: start it with npm start.`;
  return `What answers at ${origin} is not menjin, or it broke off: set HOST and PORT as npm start has them.`;
}

function sayRefusal({ status, body }: GatewayAnswer, origin: string): string {
  if (status === 404)
    return `The gateway at ${origin} has no simulator: it runs outside production, without WECHAT_APPID.`;
  return messageIn(body) ?? `What answers at ${origin} gave no code (HTTP ${status}).`;
}

/**
 * Prints a fresh code of a test user, and nothing else: `npm run -s code -- alice`.
 *
 * @returns the exit code: 1 after one sentence on `err`
 */
export async function code(asked: AskedCode, deps: CodeDeps): Promise<number> {
  const { host, port, out, err, timeoutMs = 5_000 } = deps;
  const origin = originOf(host, port);
  const fail = (sentence: string) => {
    err.write(`${sentence}\n`);
    return 1;
  };
  const deadline = AbortSignal.timeout(timeoutMs);
  let answer: GatewayAnswer;
  try {
    answer = await askForCode(origin, asked, deadline);
  } catch (error) {
    if (deadline.aborted) return fail(`${origin} did not answer within ${timeoutMs / 1000} s.`);
    return fail(sayFailure(error, origin));
  }
  const fresh = answer.status === 200 ? codeIn(answer.body) : null;
  if (fresh === null) return fail(sayRefusal(answer, origin));
  out.write(`${fresh}\n`);
  return 0;
}
