import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginInlineTrace } from '@apollo/server/plugin/inlineTrace';
import { expect, test } from '@jest/globals';
import type { GatewayOptions } from '../../src/gateway.js';
import { startTestGateway } from '../support/test-gateway.js';

// https://www.apollographql.com/docs/federation/metrics: a router asks its subgraphs for traces by this header.
const ASKED = { headers: { 'apollo-federation-include-trace': 'ftv1' } };
const SUBGRAPH = 'type _Service { sdl: String } extend type Query { _service: _Service }';
const plugins = [ApolloServerPluginInlineTrace()] as ApolloServerPlugin[];

async function isTraced(own: GatewayOptions): Promise<boolean> {
  const gateway = await startTestGateway({ wechatApiUrl: 'http://127.0.0.1:9', own });
  const { body } = await gateway.graphql('{ viewer { openid } }', ASKED);
  await gateway.close();
  return typeof body.extensions?.ftv1 === 'string';
}

test('a gateway that is no subgraph answers no traces', async () => {
  expect(await isTraced({})).toBe(false);
});

test('the plug-in for traces is taken when it is given', async () => {
  expect(await isTraced({ plugins })).toBe(true);
});

test('a gateway that is a subgraph traces what a router asks it for', async () => {
  expect(await isTraced({ typeDefs: SUBGRAPH, resolvers: { _Service: { sdl: () => '' } } })).toBe(true);
});

test('a subgraph with the plug-in for traces has it once', async () => {
  const own = { typeDefs: SUBGRAPH, resolvers: { _Service: { sdl: () => '' } }, plugins };
  expect(await isTraced(own)).toBe(true);
});
