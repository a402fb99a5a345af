import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Config, ConfigError, type GivenConfig, loadConfig } from '../src/config.js';
import { composeGateway } from '../src/gateway.js';
import type { App } from '../src/platforms/platform.js';
import { cwd, type Env, key, production } from './load-config.js';
import { makeTempDir, testConfig } from './support/test-gateway.js';

const SECRET = 'CANARY-of-the-settings';
const app: App = { platform: 'WECHAT', appid: 'wx1', secrets: [SECRET], tenant: 'default' };
const secretKeys = [Buffer.alloc(32, 7)];

function load(env: Env, given: GivenConfig): Config {
  const readFile = () => {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  return loadConfig({ env, cwd, readFile }, given).config;
}

function failure(env: Env, given: object): Error & { faults?: { name: string }[] } {
  try {
    load(env, given);
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not refused');
}

const faultNames = (env: Env, given: object) => failure(env, given).faults?.map(({ name }) => name);

describe('what is given in code', () => {
  test('need not stand in the environment, in production either', () => {
    const config = load({}, { environment: 'production', apps: [app], secretKeys });
    expect(config).toMatchObject({ environment: 'production', apps: [app], secretKeys, host: '0.0.0.0' });
    expect(config.introspection).toBe(false);
    expect(load({ NODE_ENV: 'production' }, { apps: [app], secretKeys }).apps).toEqual([app]);
  });

  test('is still required in production when it is given in neither place, or is empty', () => {
    const production = { environment: 'production' };
    expect(faultNames({}, production)).toEqual(['SECRET_KEYS', 'WECHAT_APPID']);
    expect(faultNames({}, { ...production, apps: [app] })).toEqual(['SECRET_KEYS']);
    expect(faultNames({}, { ...production, secretKeys })).toEqual(['WECHAT_APPID']);
    expect(faultNames({}, { ...production, apps: [], secretKeys: [] })).toEqual(['SECRET_KEYS', 'WECHAT_APPID']);
    expect(faultNames({}, { ...production, apps: undefined, secretKeys: undefined })).toEqual([
      'SECRET_KEYS',
      'WECHAT_APPID',
    ]);
  });

  test('wins over the environment, setting by setting', () => {
    const env = { PORT: '5000', HOST: '::1', SESSION_IDLE_TTL: '1h', WECHAT_APPID: 'wx9', WECHAT_SECRET: 's' };
    const given = { port: 0, apps: [app], sessionIdleTtlMs: 5000, corsOrigins: ['https://a.example'], trustProxy: 1 };
    expect(load(env, given)).toMatchObject({ ...given, host: '::1', sessionMaxTtlMs: 2_592_000_000 });
    const nothing = {
      trustedDocuments: null,
      adminPort: null,
      wechatApiUrl: null,
      loginLimitPerIp: null,
      wafer: false,
    };
    expect(
      load({ DOCUMENTS: 'require', ADMIN_PORT: '9000', LOGIN_LIMIT_PER_IP: '1/1m', WAFER: '1' }, nothing),
    ).toMatchObject(nothing);
  });

  test('that is undefined is not given', () => {
    expect(load({ PORT: '5000' }, { port: undefined } as unknown as GivenConfig).port).toBe(5000);
  });

  test('makes the faults of the variables in its place the business of nobody', () => {
    const env = {
      ...{ PORT: 'x', SECRET_KEYS: 'x', SECRET_KEYS_FILE: 'x', WECHAT_APPID: 'wx1', APPS_FILE: 'x' },
      ...{ DATABASE_URL: 'x', SESSION_STORE_URL: 'x', SESSION_STORE_URL_FILE: 'gone', NODE_ENV: 'staging' },
    };
    const stores = { databaseUrl: 'memory:', sessionStoreUrl: 'memory:' };
    const given = { port: 1, secretKeys, apps: [app], environment: 'test', ...stores } as const;
    expect(load(env, given)).toMatchObject({ port: 1, apps: [app], environment: 'test' });
    expect(faultNames({ ...env, HOST: 'a b' }, given)).toEqual(['HOST']);
  });

  test('is checked with what the environment says', () => {
    expect(faultNames({ ADMIN_PORT: '4000' }, { port: 4000 })).toEqual(['ADMIN_PORT']);
    expect(faultNames({ PORT: '4000' }, { adminPort: 4000 })).toEqual(['ADMIN_PORT']);
    expect(faultNames({}, { sessionIdleTtlMs: 2000, sessionMaxTtlMs: 1000 })).toEqual(['SESSION_IDLE_TTL']);
    expect(faultNames({ SESSION_MAX_TTL: '1h' }, { sessionIdleTtlMs: 7_200_000 })).toEqual(['SESSION_IDLE_TTL']);
    expect(load({ SESSION_IDLE_TTL: '40d' }, { sessionIdleTtlMs: 1000 }).sessionIdleTtlMs).toBe(1000);
    expect(load({ SESSION_IDLE_TTL: '10d' }, { sessionMaxTtlMs: 9e8 }).sessionMaxTtlMs).toBe(9e8);
  });

  test('is not frozen where it came from, and the configuration is', () => {
    const apps: App[] = [{ ...app, secrets: [SECRET] }];
    const given = { apps, corsOrigins: ['https://a.example'], secretKeys };
    const config = load({}, given);
    expect(Object.isFrozen(config)).toBe(true);
    const parts = [given, given.apps, given.apps[0], given.apps[0]?.secrets, given.corsOrigins];
    expect(parts.filter((part) => Object.isFrozen(part))).toEqual([]);
  });
});

describe('dataDir', () => {
  test('moves the SQLite file, also from a relative path', () => {
    const dataDir = resolve('/srv/other');
    const path = join(dataDir, 'menjin.db');
    const moved = load({ DATA_DIR: '/nowhere' }, { dataDir });
    expect(moved).toMatchObject({ dataDir, databaseUrl: { path }, sessionStoreUrl: { path } });
    const relative = load({}, { dataDir: 'state' });
    expect(relative.dataDir).toBe(join(cwd, 'state'));
    expect(relative.databaseUrl).toEqual({ kind: 'sqlite', path: join(cwd, 'state', 'menjin.db') });
  });

  test('is where a gateway keeps what must last', async () => {
    const folder = makeTempDir();
    const config = { ...testConfig({ wechatApiUrl: 'http://127.0.0.1:9', dataDir: '.' }) };
    const { config: loaded } = loadConfig(
      { env: { NODE_ENV: 'test' }, cwd, readFile: () => '' },
      { dataDir: folder.path, apps: config.apps, secretKeys: config.secretKeys, logLevel: 'silent' },
    );
    const gateway = await composeGateway(loaded);
    await gateway.close();
    expect(existsSync(join(folder.path, 'menjin.db'))).toBe(true);
    folder.remove();
  });
});

describe('the stores', () => {
  test('may be written as in the environment', () => {
    expect(load({}, { databaseUrl: 'memory:', sessionStoreUrl: `redis://:${SECRET}@127.0.0.1:6379/1` })).toMatchObject({
      databaseUrl: { kind: 'memory' },
      sessionStoreUrl: { kind: 'redis', url: `redis://:${SECRET}@127.0.0.1:6379/1` },
    });
    expect(load({}, { databaseUrl: 'sqlite:a.db' }).databaseUrl).toEqual({ kind: 'sqlite', path: join(cwd, 'a.db') });
  });

  test('or as Config has them', () => {
    const given = {
      databaseUrl: { kind: 'sqlite', path: resolve('/a/b.db') },
      sessionStoreUrl: { kind: 'memory' },
    } as const;
    expect(load({ DATABASE_URL: 'x', SESSION_STORE_URL: 'x' }, given)).toMatchObject(given);
  });

  test('are a ConfigError that does not show them when they are wrong', () => {
    const wrong: [given: object, name: string][] = [
      [{ databaseUrl: `redis://:${SECRET}@127.0.0.1` }, 'DATABASE_URL'],
      [{ databaseUrl: `mysql://${SECRET}@127.0.0.1/x` }, 'DATABASE_URL'],
      [{ sessionStoreUrl: `http://${SECRET}@127.0.0.1` }, 'SESSION_STORE_URL'],
      [{ environment: SECRET }, 'NODE_ENV'],
    ];
    for (const [given, name] of wrong) {
      const error = failure({}, given);
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.faults?.map((fault) => fault.name)).toEqual([name]);
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(SECRET);
    }
  });
});

describe('a wrong setting', () => {
  test('is listed with every other fault, whichever place it stands in', () => {
    const given = { databaseUrl: 'x', sessionStoreUrl: 'y', environment: 'staging' };
    expect(faultNames({ PORT: 'x', HOST: 'a b' }, given)?.sort()).toEqual([
      ...['DATABASE_URL', 'HOST', 'NODE_ENV', 'PORT', 'SESSION_STORE_URL'],
    ]);
  });

  test('that nobody knows is a TypeError that names it, and what there is', () => {
    for (const name of ['prot', 'PORT', 'toString', '__proto__x']) {
      const error = failure({}, { [name]: SECRET });
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(`config has no ${name}. It has: environment, host, port`);
      expect(error.message).not.toContain(SECRET);
    }
  });

  test('is no key of another length', async () => {
    const config = load({}, { environment: 'test', secretKeys: [Buffer.alloc(0)], databaseUrl: 'memory:' });
    await expect(composeGateway(config)).rejects.toThrow('a server key has 32 bytes');
  });
});

test('the environment alone is read as ever', () => {
  expect(load({ ...production }, {})).toMatchObject({ environment: 'production', apps: [{ appid: 'wx1' }] });
  expect(load({ SECRET_KEYS: key }, {}).secretKeys).toHaveLength(1);
});
