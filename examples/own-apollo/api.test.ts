import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createTestGateway, type TestGateway } from 'menjin/testing';
import { startApi } from './api.js';

interface Answer {
  readonly data?: { readonly greeting?: string; readonly points?: number } | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

let gateway: TestGateway;
let api: Awaited<ReturnType<typeof startApi>>;

before(async () => {
  gateway = await createTestGateway();
  api = await startApi(gateway, 0);
});

after(async () => {
  await api.stop();
  await gateway.close();
});

async function ask(query: string, token: string | null = null): Promise<{ status: number; code?: string } & Answer> {
  const response = await fetch(api.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, ...((await response.json()) as Answer) };
}

test('a resolver sees who logged in at the gateway', async () => {
  const alice = await gateway.signInAs('alice');
  const { data } = await ask('{ greeting points }', alice.token);
  assert.equal(data?.greeting, `Hello, ${alice.viewer.openid}.`);
  assert.equal(data?.points, alice.viewer.user.id.length);
});

test('nobody is signed in without a token: what asks for a viewer is UNAUTHENTICATED, the rest answers', async () => {
  assert.equal((await ask('{ greeting }')).data?.greeting, 'Hello, whoever you are.');

  const { status, errors } = await ask('{ points }');
  assert.equal(status, 401);
  assert.equal(errors?.[0]?.extensions.code, 'UNAUTHENTICATED');
});

test('a token whose session has ended is refused, also where nobody needs to be signed in', async () => {
  const alice = await gateway.signInAs('alice');
  await alice.graphql('mutation { logout { ended } }');

  const { status, errors } = await ask('{ greeting }', alice.token);
  assert.equal(status, 401);
  assert.equal(errors?.[0]?.extensions.code, 'UNAUTHENTICATED');
});
