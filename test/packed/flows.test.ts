import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { storeUnavailable } from '../../src/errors.js';
import { startChild } from '../support/child-process.js';
import { startGatewayProcess } from '../support/processes.js';
import { menjin } from './sandbox.js';

/** Where an error is made, its stack tells. */
const errors = path.join('dist', 'errors.js');

test('what the flows import of src/ is the packed code', () => {
  expect(storeUnavailable('sql', null).stack).toContain(path.join(menjin, errors));
});

test('so it is in their child processes', async () => {
  const child = startChild(new URL('./children/where.ts', import.meta.url));
  try {
    expect(await child.ask('stackOfFailure')).toContain(pathToFileURL(path.join(menjin, errors)).href);
  } finally {
    await child.kill();
  }
});

test('the gateways that they start are the packed command', async () => {
  const gateway = await startGatewayProcess({ DATABASE_URL: 'memory:', SESSION_STORE_URL: 'memory:' });
  try {
    expect(gateway.child.spawnargs).toContain(path.join(menjin, 'dist', 'cli', 'main.js'));
    expect((await gateway.graphql('{ viewer { openid } }')).body).toEqual({ data: { viewer: null } });
  } finally {
    expect(await gateway.stop()).toBe(0);
  }
});
