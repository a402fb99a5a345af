import { type Config, ConfigError, type Environment, type LoadedConfig, loadConfig } from '../config.js';
import { formatDuration } from '../lib/duration.js';
import { formatRate } from '../lib/rate.js';

/** What would run, one row per fact. No secret, no store URL. */
const summary: readonly [name: string, describe: (config: Config) => string][] = [
  ['environment', (config) => config.environment],
  ['address', ({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port === 0 ? 'a free port' : port}`],
  ['metrics', ({ adminPort }) => (adminPort === null ? 'off' : `port ${adminPort === 0 ? 'any free one' : adminPort}`)],
  ['data', ({ dataDir }) => dataDir],
  ['apps', describeApps],
  ['WeChat API', ({ wechatApiUrl }) => wechatApiUrl ?? "WeChat's"],
  ['session store', ({ sessionStoreUrl }) => sessionStoreUrl.kind],
  ['database', ({ databaseUrl }) => databaseUrl.kind],
  [
    'keys',
    ({ secretKeys }) => (secretKeys.length === 0 ? 'generated in the data folder' : `${secretKeys.length} given`),
  ],
  ['sessions', describeSessions],
  ['logins', describeLoginLimits],
  ['proxies', ({ trustProxy }) => describeProxies(trustProxy)],
  ['CORS origins', ({ corsOrigins }) => corsOrigins.join(', ') || 'none given'],
  ['documents', ({ trustedDocuments }) => describeDocuments(trustedDocuments)],
  ['introspection', ({ introspection }) => (introspection ? 'on' : 'off')],
  ['log level', ({ logLevel }) => logLevel],
];

/**
 * Prints what is wrong with the configuration, or what would run.
 *
 * @returns the exit status: 1 when the gateway would not start
 */
export function checkConfig(out: (line: string) => void, environment?: Environment): 0 | 1 {
  const loaded = load(environment);
  if (loaded instanceof ConfigError) {
    for (const line of loaded.message.split('\n')) out(line);
    return 1;
  }
  for (const warning of loaded.warnings) out(`warning: ${warning}`);
  out('configuration ok');
  for (const [name, describe] of summary) out(`  ${name.padEnd(14)} ${describe(loaded.config)}`);
  return 0;
}

function load(environment: Environment | undefined): LoadedConfig | ConfigError {
  try {
    return loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function describeApps({ apps }: Config): string {
  if (apps.length === 0) return 'none given: the simulator';
  return apps.map(({ platform, appid, tenant }) => `${platform} ${appid} (tenant ${tenant})`).join(', ');
}

function describeSessions({ sessionIdleTtlMs, sessionMaxTtlMs, sessionsPerUser }: Config): string {
  const idle = formatDuration(sessionIdleTtlMs);
  return `${sessionsPerUser} per user, ${idle} idle, ${formatDuration(sessionMaxTtlMs)} at most`;
}

function describeLoginLimits({ loginLimitPerIp, loginLimitPerApp }: Config): string {
  const perIp = loginLimitPerIp === null ? 'no limit' : `${formatRate(loginLimitPerIp)}`;
  const perApp = loginLimitPerApp === null ? 'no limit' : `${formatRate(loginLimitPerApp)}`;
  return `${perIp} per address, ${perApp} per app`;
}

function describeProxies(trustProxy: Config['trustProxy']): string {
  if (trustProxy === null) return 'none trusted';
  return typeof trustProxy === 'number' ? `${trustProxy} trusted` : trustProxy.join(', ');
}

function describeDocuments(trusted: Config['trustedDocuments']): string {
  if (trusted === null) return 'any';
  const count = Object.keys(trusted.texts).length;
  return trusted.mode === 'require' ? `the ${count} of the manifest only` : `any, ${count} by their ids`;
}
