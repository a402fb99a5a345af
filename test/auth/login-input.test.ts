import { expect, test } from '@jest/globals';
import { deviceOf } from '../../src/auth/login-input.js';

test.each([
  [null, null],
  ['', null],
  [' \u0000\r\n ', null],
  ['Phone/1.0 (小米; Android 15)', 'Phone/1.0 (小米; Android 15)'],
  ['a\u0000b\u001b[31mc\u0085d\r\ne', 'ab[31mcde'],
  [`${'x'.repeat(200)}y`, 'x'.repeat(200)],
])('of the User-Agent %j a session keeps %j', (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device);
});
