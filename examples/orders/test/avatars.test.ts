import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestGateway, type SignedIn, type TestGateway } from 'menjin/testing';
import { addAvatarRoutes } from '../src/avatar-routes.js';
import { createAvatars } from '../src/avatars.js';

const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(1000, 1)]);
const MIB = 1024 * 1024;

let gateway: TestGateway;
let alice: SignedIn;

beforeEach(async () => {
  gateway = await createTestGateway();
  await addAvatarRoutes(gateway.app, createAvatars());
  alice = await gateway.signInAs('alice');
});

afterEach(() => gateway.close());

/** What wx.uploadFile sends. */
async function upload(bytes: Uint8Array, { names = ['file'] } = {}) {
  const form = new FormData();
  for (const name of names) form.append(name, new Blob([bytes]), 'avatar.png');
  const encoded = new Response(form);
  return {
    method: 'POST',
    url: '/avatar',
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    payload: Buffer.from(await encoded.arrayBuffer()),
  } as const;
}

const refused = (response: { statusCode: number; json(): unknown }) => {
  const { errors } = response.json() as { errors: { extensions: { code: string } }[] };
  return { status: response.statusCode, code: errors[0]?.extensions.code };
};

test('an avatar is shown to everybody who knows its address', async () => {
  const uploaded = await alice.inject(await upload(PNG));
  assert.equal(uploaded.statusCode, 200);
  const { url } = uploaded.json<{ url: string }>();

  const shown = await gateway.app.inject(url);
  assert.deepEqual(shown.rawPayload, PNG);
  assert.equal(shown.headers['content-type'], 'image/png');
  assert.equal(shown.headers['x-content-type-options'], 'nosniff');
});

test('a new avatar replaces the former one', async () => {
  const former = (await alice.inject(await upload(PNG))).json<{ url: string }>();
  const jpeg = (await alice.inject(await upload(Buffer.from('ffd8ffe0', 'hex')))).json<{ url: string }>();

  assert.equal((await gateway.app.inject(jpeg.url)).headers['content-type'], 'image/jpeg');
  assert.deepEqual(refused(await gateway.app.inject(former.url)), { status: 404, code: 'NOT_FOUND' });
});

test('a file has at most 1 MiB', async () => {
  const atMost = Buffer.concat([PNG, Buffer.alloc(MIB - PNG.length)]);
  assert.equal((await alice.inject(await upload(atMost))).statusCode, 200);
  const more = Buffer.concat([atMost, Buffer.alloc(1)]);
  assert.deepEqual(refused(await alice.inject(await upload(more))), { status: 413, code: 'BAD_REQUEST' });
});

test('the bytes must be a PNG or a JPEG, whatever the name says', async () => {
  const page = await upload(Buffer.from('<script>'));
  assert.deepEqual(refused(await alice.inject(page)), { status: 415, code: 'BAD_REQUEST' });
});

test('a body that is no form with that file is refused', async () => {
  const form = await upload(PNG);
  const bodies = [
    { status: 415, send: { ...form, headers: { 'content-type': 'application/json' }, payload: '{}' } },
    { status: 400, send: await upload(PNG, { names: ['picture'] }) },
    { status: 400, send: await upload(PNG, { names: ['file', 'file'] }) },
    { status: 400, send: await upload(PNG, { names: [] }) },
    { status: 400, send: { ...form, payload: form.payload.subarray(0, 500) } },
    { status: 400, send: { ...form, headers: { 'content-type': 'multipart/form-data' } } },
  ];
  for (const { status, send } of bodies) {
    assert.deepEqual(refused(await alice.inject(send)), { status, code: 'BAD_REQUEST' });
  }
});

test('without a token the answer is UNAUTHENTICATED, before the body has arrived', async () => {
  const { url } = await gateway.listen();
  const headers = { 'content-type': 'multipart/form-data; boundary=x', 'content-length': MIB };
  const begun = request(`${url}/avatar`, { method: 'POST', headers });
  begun.on('error', () => undefined); // the gateway ends the connection: nobody waits for the rest
  begun.flushHeaders();
  const [response] = (await once(begun, 'response')) as [IncomingMessage];
  begun.destroy();
  assert.equal(response.statusCode, 401);
});

test('/graphql takes no forms', async () => {
  const form = await upload(PNG);
  assert.equal((await alice.inject({ ...form, url: '/graphql' })).statusCode, 415);
});
