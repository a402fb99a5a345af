import { afterEach } from '@jest/globals';
import { createTestGateway, type TestGateway, type TestGatewayOptions } from '../../src/testing/index.js';

const running: TestGateway[] = [];

/** Closed after the test. */
export async function start(options?: TestGatewayOptions): Promise<TestGateway> {
  const gateway = await createTestGateway(options);
  running.push(gateway);
  return gateway;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
});

export const VIEWER = '{ viewer { openid user { id } session { id } } }';
export const LOGIN = 'mutation ($code: String!) { login(input: { code: $code }) { viewer { openid } } }';
