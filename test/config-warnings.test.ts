import { describe, expect, test } from '@jest/globals';
import { failure, load, production } from './load-config.js';

describe('warnings', () => {
  test.each([
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['WECHAT_APP_ID', 'WECHAT_APPID'],
    ['WECHAT_APP_SECRET', 'WECHAT_SECRET'],
    ['wechat_secret', 'WECHAT_SECRET'],
    ['SECRET_KEY', 'SECRET_KEYS'],
    ['SECRET_KEY_FILE', 'SECRET_KEYS_FILE'],
    ['SESION_MAX_TTL', 'SESSION_MAX_TTL'],
    ['SESSION_TTL', 'SESSION_MAX_TTL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['TRUSTED_PROXIES', 'TRUST_PROXY'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['port', 'PORT'],
  ])('%s is answered with the right spelling, %s', (name, right) => {
    const { warnings } = load({ [name]: 'value-of-it' });
    expect(warnings).toEqual([expect.stringMatching(`^${name} .*\\b${right}\\b`)]);
    expect(warnings[0]).not.toContain('value-of-it');
  });

  test.each([
    'NODE_OPTIONS',
    'NODE_PATH',
    'HOSTNAME',
    'LOGNAME',
    'npm_config_loglevel',
    'PATH',
    'HOME',
    'PORTS',
    'REDIS_URL',
  ])('%s is of others', (name) => {
    expect(load({ [name]: 'x' }).warnings).toEqual([]);
  });

  test('an empty misspelt variable is none', () => {
    expect(load({ LOGLEVEL: '' }).warnings).toEqual([]);
  });

  test('a failed start tells the misspelt name too', () => {
    const { message } = failure({ ...production, WECHAT_SECRET: '', WECHAT_APP_SECRET: 's' });
    expect(message).toMatch(/WECHAT_SECRET is missing[\s\S]*WECHAT_APP_SECRET is not an option/);
  });

  test.each(['http://api.example', 'http://8.8.8.8', 'http://172.32.0.1', 'http://[2001:db8::1]'])(
    'plain http to %s is one',
    (WECHAT_API_URL) => {
      expect(load({ WECHAT_API_URL }).warnings).toEqual([expect.stringContaining('WECHAT_API_URL')]);
    },
  );

  test.each([
    'https://api.example',
    'http://localhost:1',
    'http://127.9.9.9',
    'http://10.1.2.3',
    'http://172.31.0.1',
    'http://192.168.0.9',
    'http://[::1]:9',
    'http://[fd00::1]',
    'http://wechat',
    'http://mac.local',
  ])('%s is none', (WECHAT_API_URL) => {
    expect(load({ WECHAT_API_URL }).warnings).toEqual([]);
  });

  test.each(['redis://:pa55@cache.example', 'redis://203.0.113.5', 'valkey://cache.example:6380'])(
    'sessions by %s, in plain, are one, without the address',
    (SESSION_STORE_URL) => {
      const { warnings } = load({ SESSION_STORE_URL });
      expect(warnings).toEqual([expect.stringMatching(/^SESSION_STORE_URL is plain redis/)]);
      expect(warnings[0]).not.toMatch(/pa55|cache|203/);
    },
  );

  test.each([
    'rediss://cache.example',
    'redis://127.0.0.1',
    'redis://10.0.0.5',
    'redis://redis:6379',
    'redis://[fd00::1]',
  ])('sessions by %s are none', (SESSION_STORE_URL) => {
    expect(load({ SESSION_STORE_URL }).warnings).toEqual([]);
  });

  test('a store in memory is one in production only', () => {
    const memory = { SESSION_STORE_URL: 'memory:', DATABASE_URL: 'memory:' };
    expect(load(memory).warnings).toEqual([]);
    expect(load({ ...production, ...memory }).warnings).toEqual([
      expect.stringContaining('SESSION_STORE_URL'),
      expect.stringContaining('DATABASE_URL'),
    ]);
  });
});
