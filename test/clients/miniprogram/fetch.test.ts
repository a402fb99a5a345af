import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fetchExchange, Client as UrqlClient } from '@urql/core';
import type { FetchLike } from '../../../clients/miniprogram/src/api.js';
import { createFetch } from '../../../clients/miniprogram/src/fetch.js';
import { fromWx } from '../../../clients/miniprogram/src/platforms.js';
import { createPhone } from './phone.js';
import { openPhoneScene, type PhoneScene } from './scene.js';

let scene: PhoneScene;

beforeAll(async () => {
  scene = await openPhoneScene();
});

afterAll(() => scene?.close());

const OPENID = '{ viewer { openid } }';

function urql(fetch: typeof globalThis.fetch, headers: Record<string, string> = {}) {
  const fetchOptions = { headers };
  return new UrqlClient({ url: scene.url, exchanges: [fetchExchange], preferGetMethod: false, fetch, fetchOptions });
}

describe('urql', () => {
  test('asks over the fetch of a platform, with a token that it is given', async () => {
    const token = await scene.gateway.tokenFor(scene.simulator.code('alice'));
    const phone = createPhone(() => '');
    const client = urql(createFetch(fromWx(phone.wx)), { authorization: `Bearer ${token}` });
    const { data, error } = await client.query(OPENID, {}).toPromise();
    expect(error).toBeUndefined();
    expect(data).toMatchObject({ viewer: { openid: expect.any(String) } });
  });

  test('reads a refusal', async () => {
    const phone = createPhone(() => '');
    const { error } = await urql(createFetch(fromWx(phone.wx)))
      .mutation('mutation { revokeSessions { ended } }', {})
      .toPromise();
    expect(error?.graphQLErrors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(error?.response).toMatchObject({ status: 401, ok: false });
  });

  test('reads that nothing came', async () => {
    const phone = createPhone(() => '');
    phone.always('request', { errMsg: 'request:fail timeout' });
    const { error } = await urql(createFetch(fromWx(phone.wx)))
      .query(OPENID, {})
      .toPromise();
    expect(error?.networkError).toMatchObject({ code: 'TIMEOUT' });
  });

  test('need not know of logins over the fetch of a client', async () => {
    const { phone, client } = scene.pickUp();
    const asking = urql(client.fetch);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => asking.query(`{ viewer { openid a${index}: appid } }`, {}).toPromise()),
    );
    expect(answers.filter(({ error }) => error !== undefined)).toEqual([]);
    await scene.gateway.logout(scene.tokenOn(phone));
    const { data } = await asking.query('{ viewer { appid } }', {}).toPromise();
    expect(data).toMatchObject({ viewer: { appid: expect.any(String) } });
    expect([phone.logins, phone.ofKind('login').length]).toEqual([2, 2]);
  });

  test('gets the last answer when a login does not help', async () => {
    const { phone, client } = scene.pickUp();
    phone.always('request', {
      statusCode: 401,
      data: '{"errors":[{"message":"no","extensions":{"code":"UNAUTHENTICATED"}}]}',
    });
    const { error } = await urql(client.fetch).query(OPENID, {}).toPromise();
    expect(error?.graphQLErrors).toHaveLength(1);
    expect(phone.logins).toBe(2);
  });
});

describe('a fetch', () => {
  test('gives what a response has', async () => {
    const phone = createPhone(() => '');
    const fetch = createFetch(fromWx(phone.wx)) as unknown as FetchLike;
    const headers = new Headers({ 'content-type': 'application/json' });
    const response = await fetch(scene.url, { method: 'POST', headers, body: '{"query":"{ __typename }"}' });
    expect([response.status, response.ok]).toEqual([200, true]);
    expect(response.headers.get('Content-Type')).toMatch(/^application\/json/);
    expect(response.headers.get('x-nothing')).toBeNull();
    const names: string[] = [];
    response.headers.forEach((_value, name) => {
      names.push(name);
    });
    expect(names).toContain('x-request-id');
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
    expect(JSON.parse(await response.text())).toEqual({ data: { __typename: 'Query' } });
  });

  test('may GET', async () => {
    const phone = createPhone(() => '');
    const fetch = createFetch(fromWx(phone.wx)) as unknown as FetchLike;
    const headers = { 'apollo-require-preflight': '1' };
    const response = await fetch(`${scene.url}?query=${encodeURIComponent('{ __typename }')}`, { headers });
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });

  test('of a client sends its token to no other place', async () => {
    const { phone, client } = scene.pickUp();
    const fetch = client.fetch as unknown as FetchLike;
    await expect(fetch('https://other.example.com/graphql', { method: 'POST', body: '{}' })).rejects.toThrow(TypeError);
    await expect(fetch(`${scene.url}?query=%7B__typename%7D`)).rejects.toThrow(TypeError);
    expect(phone.sent).toEqual([]);
  });
});
