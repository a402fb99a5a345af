import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { contextBuilder } from '../../src/index.js';
import type { TestGateway, TestGatewayOptions } from '../../src/testing/index.js';
import { start, VIEWER } from './gateways.js';

/** As codegen writes it. */
class TypedDocumentString<Result, Variables> extends String {
  declare __apiType?: (variables: Variables) => Result;
}

interface Greeting {
  hello: string;
}

const GREETING = 'query ($name: String!, $shout: Boolean) { hello(name: $name, shout: $shout) }';
const greetingText = new TypedDocumentString<Greeting, { name: string; shout?: boolean | null }>(GREETING);
const greetingNode: TypedDocumentNode<Greeting, { name: string }> = parse(GREETING);
const viewerText = new TypedDocumentString<{ viewer: { openid: string } | null }, { [key: string]: never }>(VIEWER);

const typeDefs = 'extend type Query { hello(name: String!, shout: Boolean): String! }';
const resolvers = {
  Query: {
    hello: (_: unknown, { name, shout }: { name?: string; shout?: boolean }) => (shout ? `${name}!` : `${name}`),
  },
};

describe('an operation without a token', () => {
  test('has no viewer', async () => {
    const { graphql } = await start();
    const answer = await graphql(VIEWER);
    expect(answer).toMatchObject({ status: 200, code: null, errors: [], data: { viewer: null } });
    expect(answer.headers['x-request-id']).toMatch(/./);
  });

  test('that is wrong is answered like any other', async () => {
    const { graphql } = await start();
    const answer = await graphql('{ nothing }');
    expect(answer).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED', data: null });
    expect(answer.errors[0]?.message).toMatch(/Cannot query field "nothing"/);
  });
});

describe('a document', () => {
  test('may be a text, one of codegen, or a parsed one of codegen, with its variables', async () => {
    const { graphql } = await start({ typeDefs, resolvers });
    const texts = [
      (await graphql(GREETING, { name: 'text' })).data?.hello,
      (await graphql<Greeting>(GREETING, { name: 'result' })).data?.hello,
      (await graphql(greetingText, { name: 'typed', shout: true })).data?.hello,
      (await graphql(greetingNode, { name: 'node' })).data?.hello,
    ];
    expect(texts).toEqual(['text', 'result', 'typed!', 'node']);
    expect((await graphql(viewerText)).data?.viewer?.openid).toBeUndefined();
  });

  test('has variables that are checked when it is compiled', async () => {
    const wrong = async ({ graphql }: TestGateway) => {
      // @ts-expect-error name is missing
      await graphql(greetingText, {});
      // @ts-expect-error the variables are missing
      await graphql(greetingText);
      // @ts-expect-error the variables are missing
      await graphql(greetingNode);
      // @ts-expect-error name is a text
      await graphql(greetingNode, { name: 1 });
      // @ts-expect-error there is no such variable
      await graphql(greetingText, { name: 'x', loud: true });
      // @ts-expect-error it has no variables
      await graphql(viewerText, { name: 'x' });
      // @ts-expect-error not a document
      await graphql({});
      // @ts-expect-error the viewer may be null
      (await graphql(viewerText)).data?.viewer.openid;
      // @ts-expect-error there is no such field
      (await graphql(greetingText, { name: 'x' })).data?.goodbye;
    };
    expect(wrong).toBeInstanceOf(Function);
  });
});

describe('a test gateway', () => {
  test('takes the token along to routes of one’s own, whatever else is sent', async () => {
    const { app, signInAs } = await start();
    app.get('/me', async ({ viewer, headers }) => ({ openid: viewer?.openid ?? null, given: headers['x-given'] }));
    const alice = await signInAs('alice');
    expect((await app.inject('/me')).json()).toEqual({ openid: null });
    expect((await alice.inject('/me')).json()).toEqual({ openid: alice.viewer.openid });
    const headers = { 'x-given': 'too', Authorization: 'Bearer nobody' };
    expect((await alice.inject({ url: '/me', headers })).json()).toEqual({ openid: alice.viewer.openid, given: 'too' });
  });

  test('serves a contextBuilder as any gateway does', async () => {
    const gateway = await start({ roles: ({ openid }) => (openid === alice.viewer.openid ? ['ADMIN'] : []) });
    const [alice, bob] = [await gateway.signInAs('alice'), await gateway.signInAs('bob')];
    const contextOf = ({ token }: { token: string }) =>
      contextBuilder(gateway)({ headers: { authorization: `Bearer ${token}` } });
    expect((await contextOf(alice)).viewer).toEqual(alice.viewer);
    expect(await (await contextOf(alice)).hasRole('ADMIN')).toBe(true);
    expect(await (await contextOf(bob)).hasRole('ADMIN')).toBe(false);
  });

  test('is refused options it does not know', async () => {
    const misspelt = { resolver: [] } as TestGatewayOptions;
    await expect(start(misspelt)).rejects.toThrow(/has no option resolver\b/);
    await expect(start({ config: { sessionTtl: 1 } as object })).rejects.toThrow(/sessionTtl/);
  });
});
