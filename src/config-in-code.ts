import type { Config, Environment } from './config.js';
import { SECRET_FILE_SUFFIX } from './lib/option-table.js';
import type { DatabaseUrl, StoreUrl } from './lib/store-url.js';
import type { options } from './options.js';

type VariableName = keyof typeof options;

/** Settings given in code. The two URLs may be written as the environment has them: `memory:`, `redis://...`. */
export interface GivenConfig extends Partial<Omit<Config, 'databaseUrl' | 'sessionStoreUrl'>> {
  readonly databaseUrl?: string | DatabaseUrl;
  readonly sessionStoreUrl?: string | StoreUrl;
}

/** The variables that say what a setting says. */
const VARIABLES: Readonly<Record<keyof Config, readonly VariableName[]>> = {
  environment: ['NODE_ENV'],
  host: ['HOST'],
  port: ['PORT'],
  dataDir: ['DATA_DIR'],
  apps: ['WECHAT_APPID', 'WECHAT_SECRET', 'APPS_FILE'],
  wechatApiUrl: ['WECHAT_API_URL'],
  sessionStoreUrl: ['SESSION_STORE_URL'],
  databaseUrl: ['DATABASE_URL'],
  secretKeys: ['SECRET_KEYS'],
  sessionIdleTtlMs: ['SESSION_IDLE_TTL'],
  sessionMaxTtlMs: ['SESSION_MAX_TTL'],
  sessionsPerUser: ['SESSIONS_PER_USER'],
  sessionCacheSize: ['SESSION_CACHE'],
  auditRetentionMs: ['AUDIT_RETENTION'],
  loginLimitPerIp: ['LOGIN_LIMIT_PER_IP'],
  loginLimitPerApp: ['LOGIN_LIMIT_PER_APP'],
  openDataMaxAgeMs: ['OPEN_DATA_MAX_AGE'],
  phoneDailyBudget: ['PHONE_DAILY_BUDGET'],
  checkNicknames: ['CHECK_NICKNAMES'],
  trustProxy: ['TRUST_PROXY'],
  corsOrigins: ['CORS_ORIGINS'],
  introspection: ['INTROSPECTION'],
  trustedDocuments: ['DOCUMENTS', 'DOCUMENTS_FILE'],
  wafer: ['WAFER'],
  logLevel: ['LOG_LEVEL'],
  adminPort: ['ADMIN_PORT'],
};

/** Settings whose text is read as the variable's would be. */
const TEXTS = ['environment', 'databaseUrl', 'sessionStoreUrl'] as const;

/**
 * The environment without what is given in code, and that.
 * @throws TypeError when there is no setting of a given name
 */
export function replaceInEnvironment(
  env: Environment['env'],
  given: GivenConfig,
): { readonly env: Environment['env']; readonly replaced: Partial<Config> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const unknown = entries.map(([name]) => name).filter((name) => !Object.hasOwn(VARIABLES, name));
  if (unknown.length > 0) {
    throw new TypeError(`config has no ${unknown.join(', ')}. It has: ${Object.keys(VARIABLES).join(', ')}.`);
  }
  const names = entries.flatMap(([name]) => VARIABLES[name as keyof Config]);
  const hidden = new Set<string>(names.flatMap((name) => [name, `${name}${SECRET_FILE_SUFFIX}`]));
  const isText = ([name, value]: [string, unknown]) =>
    (TEXTS as readonly string[]).includes(name) && typeof value === 'string';
  const texts = entries.filter(isText).map(([name, value]) => [VARIABLES[name as keyof Config][0], value]);
  return {
    env: {
      ...Object.fromEntries(Object.entries(env).filter(([name]) => !hidden.has(name))),
      ...Object.fromEntries(texts),
    },
    replaced: Object.fromEntries(entries.filter((entry) => !isText(entry))),
  };
}
