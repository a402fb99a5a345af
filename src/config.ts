import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { readAppsFile } from './apps-file.js';
import { type GivenConfig, replaceInEnvironment } from './config-in-code.js';
import { misspellingWarnings, valueWarnings } from './config-warnings.js';
import { type GivenDocuments, readDocuments } from './documents-file.js';
import { failureCode } from './lib/failure-code.js';
import { type ConfigFault, type OptionValues, readOptions } from './lib/option-table.js';
import type { Rate } from './lib/rate.js';
import { type DatabaseUrl, resolveStoreUrl, type StoreUrl } from './lib/store-url.js';
import { options } from './options.js';
import type { App } from './platforms/platform.js';
import { readTextFile } from './read-text-file.js';

export { APPS_FILE_EXAMPLE } from './apps-file.js';
export type { GivenConfig } from './config-in-code.js';
export type { ConfigFault } from './lib/option-table.js';
export type { Rate } from './lib/rate.js';
export type { DatabaseUrl, StoreUrl } from './lib/store-url.js';
export { options } from './options.js';

/** Complete, checked and frozen. */
export interface Config {
  readonly environment: 'development' | 'production' | 'test';
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  /** Empty only outside production: a simulator stands in. */
  readonly apps: readonly App[];
  /** An origin; null: WeChat's own. */
  readonly wechatApiUrl: string | null;
  readonly sessionStoreUrl: StoreUrl;
  readonly databaseUrl: DatabaseUrl;
  /** 32 bytes each; the first seals and signs, all open. Empty only outside production: the development keys stand in. */
  readonly secretKeys: readonly Uint8Array[];
  readonly sessionIdleTtlMs: number;
  readonly sessionMaxTtlMs: number;
  readonly sessionsPerUser: number;
  /** Entries; 0: off. */
  readonly sessionCacheSize: number;
  readonly auditRetentionMs: number;
  /** null: off. */
  readonly loginLimitPerIp: Rate | null;
  /** null: off. */
  readonly loginLimitPerApp: Rate | null;
  /** null: no check. */
  readonly openDataMaxAgeMs: number | null;
  /** By app; null: off. */
  readonly phoneDailyBudget: number | null;
  readonly checkNicknames: boolean;
  /** How many proxies stand in front, or their addresses and CIDR ranges; null: X-Forwarded-For is not believed. */
  readonly trustProxy: number | readonly string[] | null;
  /** Exact origins; empty when unset. */
  readonly corsOrigins: readonly string[];
  readonly introspection: boolean;
  /** null: any text is answered, and none by its id. */
  readonly trustedDocuments: GivenDocuments | null;
  /** Whether wafer2's client is served. */
  readonly wafer: boolean;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** null: off. 0: a free one. */
  readonly adminPort: number | null;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Sentences for the operator. They hold names, never values. */
  readonly warnings: readonly string[];
}

/** Where the settings come from. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute: what relative paths start from. */
  readonly cwd: string;
  /** Throws with a `code` when the file cannot be read. */
  readFile(path: string): string;
}

/** Every fault at once. The message is the list to print. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];
  /** A misspelt name is often the cause of a missing one, so the message has them too. */
  readonly warnings: readonly string[];

  constructor(faults: readonly ConfigFault[], warnings: readonly string[] = []) {
    const lines = [
      faults.length === 1 ? 'The configuration has a fault:' : `The configuration has ${faults.length} faults:`,
      ...faults.map(({ name, reason, example }) => `  ${name} ${reason}. Example: ${example}`),
      ...warnings.map((warning) => `  Note: ${warning}`),
    ];
    super(lines.join('\n'));
    this.faults = faults;
    this.warnings = warnings;
  }
}

/** The process's variables, and below them those of a `.env` file in `cwd`. @throws ConfigError when that cannot be read */
export function processEnvironment(env: Environment['env'] = process.env, cwd: string = process.cwd()): Environment {
  const given = Object.entries(env).filter(([, value]) => value !== undefined);
  return { env: { ...readDotEnv(join(cwd, '.env')), ...Object.fromEntries(given) }, cwd, readFile: readTextFile };
}

function readDotEnv(path: string): Environment['env'] {
  try {
    return parseEnv(readTextFile(path)) as Record<string, string>;
  } catch (error) {
    const code = failureCode(error);
    // A folder of this name is a Python environment, not ours.
    if (code === 'ENOENT' || code === 'EISDIR') return {};
    const reason = `cannot be read (${code})`;
    throw new ConfigError([{ name: '.env', reason, example: 'a UTF-8 file of lines like PORT=4000' }]);
  }
}

export type Values = OptionValues<typeof options>;

/**
 * The settings of the environment, and in their place those `given` in code: of these the environment need not speak.
 * @throws ConfigError with every fault, TypeError when there is no setting of a given name
 */
export function loadConfig(environment: Environment = processEnvironment(), given: GivenConfig = {}): LoadedConfig {
  const { cwd, readFile } = environment;
  const { env, replaced } = replaceInEnvironment(environment.env, given);
  const isProduction = env.NODE_ENV === 'production';
  const { values, faults } = readOptions(options, {
    env,
    isProduction,
    readFile: (path) => readFile(resolve(cwd, path)),
  });
  faults.push(...crossFaults(values, replaced));
  if (isProduction && values.SECRET_KEYS === null && !replaced.secretKeys?.length) {
    faults.push(fault('SECRET_KEYS', 'is required in production'));
  }
  const mustHaveApps = isProduction && !replaced.apps?.length;
  const { apps, faults: appFaults } = readApps(values, { cwd, readFile }, mustHaveApps);
  faults.push(...appFaults);
  const { DOCUMENTS: mode, DOCUMENTS_FILE: path } = values;
  const { documents, faults: documentFaults } = readDocuments({ mode, path }, (file) => readFile(resolve(cwd, file)));
  faults.push(...documentFaults);
  const warnings = [...misspellingWarnings(env), ...valueWarnings(values, isProduction)];
  if (faults.length > 0) throw new ConfigError(faults, warnings);
  // Without a fault every value is there.
  const config = deepFreeze(toConfig(values as Values, { apps, documents }, cwd, replaced.dataDir));
  const { dataDir } = config;
  return Object.freeze({ config: Object.freeze({ ...config, ...replaced, dataDir }), warnings });
}

function toConfig(
  values: Values,
  { apps, documents }: { apps: readonly App[]; documents: GivenDocuments | null },
  cwd: string,
  givenDataDir: string | undefined,
): Config {
  const dataDir = resolve(cwd, givenDataDir ?? values.DATA_DIR);
  return {
    environment: values.NODE_ENV,
    host: values.HOST,
    port: values.PORT,
    dataDir,
    apps,
    wechatApiUrl: values.WECHAT_API_URL,
    sessionStoreUrl: resolveStoreUrl(values.SESSION_STORE_URL, dataDir, cwd),
    databaseUrl: resolveStoreUrl(values.DATABASE_URL, dataDir, cwd),
    secretKeys: values.SECRET_KEYS ?? [],
    sessionIdleTtlMs: values.SESSION_IDLE_TTL,
    sessionMaxTtlMs: values.SESSION_MAX_TTL,
    sessionsPerUser: values.SESSIONS_PER_USER,
    sessionCacheSize: values.SESSION_CACHE,
    auditRetentionMs: values.AUDIT_RETENTION,
    loginLimitPerIp: values.LOGIN_LIMIT_PER_IP,
    loginLimitPerApp: values.LOGIN_LIMIT_PER_APP,
    openDataMaxAgeMs: values.OPEN_DATA_MAX_AGE,
    phoneDailyBudget: values.PHONE_DAILY_BUDGET,
    checkNicknames: values.CHECK_NICKNAMES,
    trustProxy: values.TRUST_PROXY,
    corsOrigins: values.CORS_ORIGINS ?? [],
    introspection: values.INTROSPECTION,
    trustedDocuments: documents,
    wafer: values.WAFER,
    logLevel: values.LOG_LEVEL,
    adminPort: values.ADMIN_PORT,
  };
}

function deepFreeze<T>(value: T): T {
  // Bytes cannot be frozen.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

function fault(name: keyof typeof options, reason: string): ConfigFault {
  return { name, reason, example: options[name].example };
}

/** What one value says about another. A faulty value (undefined) is not judged twice. */
function crossFaults(values: Partial<Values>, replaced: Partial<Config>): ConfigFault[] {
  const { sessionIdleTtlMs: idleMs = values.SESSION_IDLE_TTL, sessionMaxTtlMs: maxMs = values.SESSION_MAX_TTL } =
    replaced;
  const { port = values.PORT, adminPort = values.ADMIN_PORT } = replaced;
  const faults: ConfigFault[] = [];
  if (idleMs !== undefined && maxMs !== undefined && idleMs > maxMs) {
    faults.push(fault('SESSION_IDLE_TTL', 'must not be longer than SESSION_MAX_TTL'));
  }
  if (adminPort && adminPort === port) faults.push(fault('ADMIN_PORT', 'must be another port than PORT'));
  return faults;
}

function readApps(
  { APPS_FILE: path, WECHAT_APPID: appid, WECHAT_SECRET: secret }: Partial<Values>,
  { cwd, readFile }: Omit<Environment, 'env'>,
  mustHaveApps: boolean,
): { apps: App[]; faults: ConfigFault[] } {
  const hasShortForm = appid !== null || secret !== null;
  if (path && hasShortForm) {
    const reason = 'is given together with WECHAT_APPID or WECHAT_SECRET: keep one of the two ways';
    const file = readAppsFile({ path: resolve(cwd, path), readFile });
    return { apps: [], faults: [fault('APPS_FILE', reason), ...file.faults] };
  }
  if (path) return readAppsFile({ path: resolve(cwd, path), readFile });
  if (appid && secret)
    return { apps: [{ platform: 'WECHAT', appid, secrets: [secret], tenant: 'default' }], faults: [] };
  if (secret === null && appid !== null) {
    return { apps: [], faults: [fault('WECHAT_SECRET', 'is missing: WECHAT_APPID is given')] };
  }
  if (appid === null && secret !== null) {
    return { apps: [], faults: [fault('WECHAT_APPID', 'is missing: WECHAT_SECRET is given')] };
  }
  if (hasShortForm || path === undefined || !mustHaveApps) return { apps: [], faults: [] };
  const reason = 'is required in production, with WECHAT_SECRET; or give APPS_FILE';
  return { apps: [], faults: [fault('WECHAT_APPID', reason)] };
}
