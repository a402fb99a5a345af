import { createGateway } from '../../src/index.js';
import { createTestGateway } from '../../src/testing/index.js';

// A test file of somebody's, as a process of its own. What it says at the end is read by the test that started it.
const refusal = await createGateway().then(
  () => 'a gateway',
  (error: Error) => error.message,
);
const gateway = await createTestGateway();
const alice = await gateway.signInAs('alice');
const introspection = await gateway.graphql('{ __schema { queryType { name } } }');
await gateway.close();
console.log(JSON.stringify({ refusal, openid: alice.viewer.openid, introspection: introspection.data }));
