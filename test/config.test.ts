import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Config, options } from '../src/config.js';
import { config, cwd, type Env, failure, faultNames, key, load, production } from './load-config.js';

const otherKey = Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index)).toString('base64url');

describe('defaults', () => {
  test('an empty environment is a development gateway on loopback that needs nothing', () => {
    const dataDir = join(cwd, 'data');
    const store = { kind: 'sqlite', path: join(dataDir, 'menjin.db') };
    expect(load({})).toEqual({
      warnings: [],
      config: {
        environment: 'development',
        host: '127.0.0.1',
        port: 4000,
        dataDir,
        apps: [],
        wechatApiUrl: null,
        sessionStoreUrl: store,
        databaseUrl: store,
        secretKeys: [],
        sessionIdleTtlMs: 604_800_000,
        sessionMaxTtlMs: 2_592_000_000,
        sessionCacheSize: 10_000,
        sessionsPerUser: 10,
        auditRetentionMs: 15_552_000_000,
        openDataMaxAgeMs: 300_000,
        phoneDailyBudget: null,
        checkNicknames: false,
        trustProxy: null,
        corsOrigins: [],
        introspection: true,
        trustedDocuments: null,
        wafer: false,
        loginLimitPerIp: { count: 300, windowSeconds: 60 },
        loginLimitPerApp: null,
        logLevel: 'info',
        adminPort: null,
      },
    });
  });

  test('production listens on every address and answers no introspection', () => {
    expect(config(production)).toMatchObject({ environment: 'production', host: '0.0.0.0', introspection: false });
    expect(config({ ...production, INTROSPECTION: 'ON' }).introspection).toBe(true);
  });

  test('the empty string is unset', () => {
    const empty = Object.fromEntries(Object.keys(options).map((name) => [name, '']));
    expect(config(empty)).toEqual(config({}));
  });

  test('the configuration is frozen to its leaves', () => {
    const frozen = config({ ...production, CORS_ORIGINS: 'https://a.example', TRUST_PROXY: '10.0.0.0/8' });
    const leaves = [
      frozen,
      frozen.apps,
      frozen.apps[0],
      frozen.apps[0]?.secrets,
      frozen.secretKeys,
      frozen.databaseUrl,
    ];
    expect([...leaves, frozen.corsOrigins, frozen.trustProxy].filter((part) => !Object.isFrozen(part))).toEqual([]);
  });
});

describe('right values', () => {
  const rightValues: [env: Env, expected: Partial<Config>][] = [
    [{ NODE_ENV: 'test' }, { environment: 'test' }],
    [{ HOST: '::1' }, { host: '::1' }],
    [{ HOST: 'gateway.internal' }, { host: 'gateway.internal' }],
    [{ PORT: '0' }, { port: 0 }],
    [{ DATA_DIR: 'state' }, { dataDir: join(cwd, 'state') }],
    [{ WECHAT_API_URL: 'HTTPS://API.example/' }, { wechatApiUrl: 'https://api.example' }],
    [{ SESSION_STORE_URL: 'redis://10.0.0.5' }, { sessionStoreUrl: { kind: 'redis', url: 'redis://10.0.0.5' } }],
    [
      { SESSION_STORE_URL: 'valkey://u:p%40@h:7000/2' },
      { sessionStoreUrl: { kind: 'redis', url: 'redis://u:p%40@h:7000/2' } },
    ],
    [{ SESSION_STORE_URL: 'rediss://[::1]:6380' }, { sessionStoreUrl: { kind: 'redis', url: 'rediss://[::1]:6380' } }],
    [{ LOGIN_LIMIT_PER_IP: '20/10s' }, { loginLimitPerIp: { count: 20, windowSeconds: 10 } }],
    [{ LOGIN_LIMIT_PER_APP: '5000/1m' }, { loginLimitPerApp: { count: 5000, windowSeconds: 60 } }],
    [{ LOGIN_LIMIT_PER_IP: 'off' }, { loginLimitPerIp: null }],
    [{ DATABASE_URL: 'sqlite:a/b.db' }, { databaseUrl: { kind: 'sqlite', path: join(cwd, 'a', 'b.db') } }],
    [{ DATABASE_URL: 'sqlite:/a/b.db' }, { databaseUrl: { kind: 'sqlite', path: resolve('/a/b.db') } }],
    [{ DATABASE_URL: 'sqlite:///a/b.db' }, { databaseUrl: { kind: 'sqlite', path: resolve('/a/b.db') } }],
    [{ SESSION_STORE_URL: 'memory:' }, { sessionStoreUrl: { kind: 'memory' } }],
    [
      { SESSION_IDLE_TTL: '1s', SESSION_MAX_TTL: '1s' },
      { sessionIdleTtlMs: 1_000, sessionMaxTtlMs: 1_000 },
    ],
    [{ SESSION_MAX_TTL: '3650d' }, { sessionMaxTtlMs: 315_360_000_000 }],
    [{ AUDIT_RETENTION: '24h' }, { auditRetentionMs: 86_400_000 }],
    [{ OPEN_DATA_MAX_AGE: '1h' }, { openDataMaxAgeMs: 3_600_000 }],
    [{ OPEN_DATA_MAX_AGE: '0' }, { openDataMaxAgeMs: null }],
    [{ PHONE_DAILY_BUDGET: '1000' }, { phoneDailyBudget: 1000 }],
    [{ PHONE_DAILY_BUDGET: 'off' }, { phoneDailyBudget: null }],
    [{ CHECK_NICKNAMES: '1' }, { checkNicknames: true }],
    [{ SESSIONS_PER_USER: '10000' }, { sessionsPerUser: 10_000 }],
    [{ TRUST_PROXY: '2' }, { trustProxy: 2 }],
    [{ TRUST_PROXY: '10.0.0.0/8, ::1,fc00::/7' }, { trustProxy: ['10.0.0.0/8', '::1', 'fc00::/7'] }],
    [
      { CORS_ORIGINS: 'https://a.example, http://localhost:5173' },
      { corsOrigins: ['https://a.example', 'http://localhost:5173'] },
    ],
    [{ INTROSPECTION: '0' }, { introspection: false }],
    [{ INTROSPECTION: 'True' }, { introspection: true }],
    [{ WAFER: '1' }, { wafer: true }],
    [{ WAFER: 'off' }, { wafer: false }],
    [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
    [{ ADMIN_PORT: '9090' }, { adminPort: 9_090 }],
    [{ ADMIN_PORT: '0', PORT: '0' }, { adminPort: 0 }],
  ];

  test.each(rightValues)('%j is understood', (env, expected) => {
    expect(config(env)).toMatchObject(expected);
  });

  test('keys are read in both base64 alphabets, the first first', () => {
    const { secretKeys } = config({ SECRET_KEYS: `${otherKey}, ${key}` });
    expect(secretKeys.map((bytes) => Buffer.from(bytes).toString('base64url'))).toEqual([
      otherKey,
      Buffer.from(key, 'base64').toString('base64url'),
    ]);
  });

  test('appid and secret make the one app', () => {
    expect(config({ WECHAT_APPID: 'wx1', WECHAT_SECRET: 's' }).apps).toEqual([
      { platform: 'WECHAT', appid: 'wx1', secrets: ['s'], tenant: 'default' },
    ]);
  });

  const showable = Object.values(options).filter((option) => !option.example.includes(' '));
  test.each(showable)('the example $example is right', (option) => {
    expect(option.parse.safeParse(option.example)).toMatchObject({ success: true });
  });
});

describe('wrong values', () => {
  const wrongDurations = ['7', '0s', '-1s', '1.5h', 'NaN', 'Infinity', '999ms', '3651d', '7 d', '1w'];
  const wrongStores = ['mysql://u:p@h/db', 'sqlite', 'sqlite://host/x', 'sqlite:x?mode=ro'];
  const wrongRedis = [
    'redis:',
    'redis://',
    'redis://h/x',
    'redis://h:port',
    'redis://h?x=1',
    'redis://h#x',
    'redis://u:%zz@h',
    'http://h',
  ];
  const wrongRates = [
    '300',
    '0/1m',
    '-1/1m',
    '1.5/1m',
    '300/1',
    '300/500ms',
    '300/1500ms',
    '300/25h',
    '300/0s',
    'x/1m',
    '300/1m/1m',
    'on',
  ];
  const wrongPorts = ['-1', '65536', '4000.5', '0x10', ' 4000', 'tcp://10.0.0.1:80', '1e3'];
  const wrongOrigins = [
    'api.example',
    'ftp://a.example',
    'https://a.example/x',
    'https://u:p@a.example',
    'https://',
    '*',
  ];
  const wrongValues: Record<keyof typeof options, readonly string[]> = {
    NODE_ENV: ['prod', 'Production', 'staging'],
    HOST: ['a b', 'http://a', '127.0.0.1:4000', '999.1.1.1', '-a'],
    PORT: wrongPorts,
    DATA_DIR: ['a\0b'],
    OPEN_DATA_MAX_AGE: ['off', '999ms', '1.5m', '3651d', '00'],
    PHONE_DAILY_BUDGET: ['0', '-1', '1.5', 'on', '1000000000'],
    CHECK_NICKNAMES: ['yes', '2', 'On!'],
    DOCUMENTS: ['on', 'off', 'Require', 'require,allow'],
    DOCUMENTS_FILE: ['a\0b'],
    WAFER: ['yes', '2', 'wafer2'],
    AUDIT_RETENTION: ['7', '0d', '23h', '1.5d', '3651d', 'off'],
    WECHAT_APPID: ['wx 1', 'wx1\n', '门禁', 'w'.repeat(129)],
    WECHAT_SECRET: ['s 1', 's1\n', 's1\r', '密', 's'.repeat(129)],
    APPS_FILE: ['missing.json', 'a\0b'],
    WECHAT_API_URL: [...wrongOrigins, 'https://a.example?', 'https://a.example#', 'https://a:99999', 'https://a,b'],
    SESSION_STORE_URL: [...wrongStores, ...wrongRedis, 'sqlite::memory:', 'sqlite:data/', 'memory:x'],
    DATABASE_URL: [...wrongStores, 'redis://127.0.0.1:6379'],
    SECRET_KEYS: [
      Buffer.alloc(31, 1).toString('base64'),
      Buffer.alloc(33, 1).toString('base64'),
      `${key}\n`,
      `${key},`,
      `${key},${key}`,
      `${key}=`,
      key.replace(/.=$/, 'F='),
      `+_${key.slice(2)}`,
      'x'.repeat(32),
    ],
    SESSION_IDLE_TTL: [...wrongDurations, '31d'],
    SESSION_MAX_TTL: wrongDurations,
    SESSIONS_PER_USER: ['0', '10001', '-1', '1.5', 'ten'],
    SESSION_CACHE: ['-1', '1.5', 'ten', '10000001'],
    LOGIN_LIMIT_PER_IP: wrongRates,
    LOGIN_LIMIT_PER_APP: wrongRates,
    TRUST_PROXY: [
      '0',
      '-1',
      'true',
      'all',
      '10.0.0.0/33',
      '0.0.0.0/0',
      '::/0',
      '10.0.0.0/',
      '10.0.0/8',
      '1,10.0.0.0/8',
      '::1/129',
      '10.0.0.1,',
    ],
    CORS_ORIGINS: [...wrongOrigins, 'null', 'https://*.example', 'https://a.example,'],
    INTROSPECTION: ['yes', '2', 'enabled'],
    LOG_LEVEL: ['verbose', 'INFO', '30'],
    ADMIN_PORT: [...wrongPorts, '4000', 'on'],
  };
  const cases = Object.entries(wrongValues).flatMap(([name, values]) => values.map((value) => [name, value] as const));

  test.each(cases)('%s=%j is a fault of that name, with an example', (name, value) => {
    const error = failure({
      WECHAT_APPID: 'wx1',
      WECHAT_SECRET: 's',
      APPS_FILE: undefined,
      ...withoutApps(name),
      [name]: value,
    });
    expect(error.faults.map((fault) => fault.name)).toEqual([name]);
    expect(error.faults[0]?.example).not.toBe('');
    expect(error.message).toContain(`${name} ${error.faults[0]?.reason}`);
  });

  function withoutApps(name: string): Env {
    return name === 'APPS_FILE' ? { WECHAT_APPID: undefined, WECHAT_SECRET: undefined } : {};
  }

  test('a store of another version names the schemes of this one', () => {
    expect(failure({ DATABASE_URL: 'mysql://u:p@h/db' }).faults[0]?.reason).toMatch(/sqlite:.*memory:/);
  });

  test('all faults are told at once', () => {
    const env = {
      NODE_ENV: 'production',
      PORT: 'x',
      LOG_LEVEL: 'loud',
      WECHAT_APPID: 'wx1',
      SESSION_IDLE_TTL: '40d',
      DATABASE_URL: 'x:',
      DATABASE_URL_FILE: 'y',
    };
    expect(faultNames(env).sort()).toEqual(
      ['DATABASE_URL_FILE', 'LOG_LEVEL', 'PORT', 'SECRET_KEYS', 'SESSION_IDLE_TTL', 'WECHAT_SECRET'].sort(),
    );
  });

  test('production without anything asks for an app and a key', () => {
    expect(faultNames({ NODE_ENV: 'production' }).sort()).toEqual(['SECRET_KEYS', 'WECHAT_APPID']);
  });

  test.each(['development', 'production'])('half of the short form is a fault in %s', (NODE_ENV) => {
    expect(faultNames({ NODE_ENV, SECRET_KEYS: key, WECHAT_APPID: 'wx1' })).toEqual(['WECHAT_SECRET']);
    expect(faultNames({ NODE_ENV, SECRET_KEYS: key, WECHAT_SECRET: 's' })).toEqual(['WECHAT_APPID']);
  });
});

describe('a secret in a file', () => {
  test.each(['s3cret', 's3cret\n', 's3cret\r\n'])('%j is read without the newline at its end', (text) => {
    const env = { WECHAT_APPID: 'wx1', WECHAT_SECRET_FILE: 'secrets/wechat' };
    expect(config(env, { 'secrets/wechat': text }).apps[0]?.secrets).toEqual(['s3cret']);
  });

  const secretNames = Object.entries(options).flatMap(([name, option]) => ('secret' in option ? [name] : []));

  test('is possible for every secret', () => {
    expect(secretNames.sort()).toEqual(['DATABASE_URL', 'SECRET_KEYS', 'SESSION_STORE_URL', 'WECHAT_SECRET']);
  });

  test.each(secretNames)('%s is refused when both are given, when unreadable, when empty and when wrong', (name) => {
    const file = `${name}_FILE`;
    const others = name === 'WECHAT_SECRET' ? { WECHAT_APPID: 'wx1' } : {};
    const wrong = { a: '', b: 'not right\n\n' };
    expect(faultNames({ ...others, [name]: 'x', [file]: 'a' }, wrong)).toEqual([file]);
    expect(failure({ ...others, [file]: 'nowhere/at-all' }, wrong).faults).toMatchObject([
      { name: file, reason: expect.stringContaining('ENOENT') },
    ]);
    expect(faultNames({ ...others, [file]: 'a' }, wrong)).toEqual([file]);
    expect(faultNames({ ...others, [file]: 'b' }, wrong)).toEqual([file]);
  });
});
