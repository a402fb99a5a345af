import { expect, test } from '@jest/globals';
import { parseRedisClusterUrl } from '../../src/lib/redis-cluster-url.js';

test.each([
  ['redis+cluster://a', ['redis://a']],
  ['redis+cluster://a:7000,b:7001/', ['redis://a:7000', 'redis://b:7001']],
  ['rediss+cluster://me:p%40ss@a:7000,b', ['rediss://me:p%40ss@a:7000', 'rediss://me:p%40ss@b']],
  ['REDISS+CLUSTER://:pw@10.0.0.1:7000', ['rediss://:pw@10.0.0.1:7000']],
  ['redis+cluster://[::1]:7000,[fe80::1]', ['redis://[::1]:7000', 'redis://[fe80::1]']],
  ['redis+cluster://a:1,a:1', ['redis://a:1']],
])('%s names these nodes', (text, urls) => {
  expect(parseRedisClusterUrl(text)).toEqual(urls);
});

test.each([
  '',
  'redis://a:7000',
  'redis+cluster:',
  'redis+cluster://',
  'redis+cluster://,',
  'redis+cluster://a,',
  'redis+cluster://a,,b',
  'redis+cluster://a:b',
  'redis+cluster://a:70000',
  'redis+cluster://a/1',
  'redis+cluster://a?x=1',
  'redis+cluster://a#x',
  'redis+cluster://me:%zz@a',
  'redis+cluster://me:p@ss@a',
  'redis+cluster://a,redis://b',
  'valkey+cluster://a',
])('%j is no URL of a cluster', (text) => {
  expect(parseRedisClusterUrl(text)).toBeNull();
});
