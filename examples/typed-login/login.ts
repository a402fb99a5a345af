import { randomUUID } from 'node:crypto';
import { LogInDocument, ViewerDocument } from './generated/graphql.js';
import { GatewayError, request } from './request.js';

const url = process.env.GATEWAY_URL ?? 'http://127.0.0.1:4000';

/** What `wx.login` is on a phone: outside production the gateway's simulator gives codes of its test users. */
async function simulatedCode(user: string): Promise<string> {
  const response = await fetch(`${url}/simulator/codes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`${url} has no simulator: give a code as the argument.`);
  const { code } = (await response.json()) as { code: string };
  return code;
}

try {
  const code = process.argv[2] ?? (await simulatedCode('alice'));
  // The same code and requestId sent again, after a lost answer, are answered by the same session.
  const { login } = await request(url, LogInDocument, { input: { code, requestId: randomUUID() } });
  const { viewer } = await request(url, ViewerDocument, {}, login.token);
  if (viewer === null) throw new Error('A request with a token has a viewer.');
  console.log(viewer.openid);
} catch (error) {
  console.error(error instanceof GatewayError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}
