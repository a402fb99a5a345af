import type { Environment, Values } from './config.js';
import { isLoopbackOrPrivate } from './lib/network-address.js';
import { findMisspellings, SECRET_FILE_SUFFIX } from './lib/option-table.js';
import { options } from './options.js';

/** What works, and is probably not meant. */
export function valueWarnings(values: Partial<Values>, isProduction: boolean): string[] {
  const warnings: string[] = [];
  const { WECHAT_API_URL: origin, SESSION_STORE_URL: sessions, DATABASE_URL: database } = values;
  if (origin?.startsWith('http:') && !isLoopbackOrPrivate(new URL(origin).hostname)) {
    warnings.push(
      'WECHAT_API_URL is plain http to a public host: whoever is on the way reads the app secret. Use https.',
    );
  }
  if (sessions?.kind === 'redis' && isPlain(sessions.url)) {
    warnings.push(
      'SESSION_STORE_URL is plain redis to a public host: whoever is on the way reads its password and the sessions. Use rediss.',
    );
  }
  if (isProduction && sessions?.kind === 'memory') {
    warnings.push('SESSION_STORE_URL is memory: every session ends with the process.');
  }
  if (isProduction && database?.kind === 'memory') {
    warnings.push('DATABASE_URL is memory: users and identities are lost with the process.');
  }
  return warnings;
}

function isPlain(redisUrl: string): boolean {
  const { protocol, hostname } = new URL(redisUrl);
  return protocol === 'redis:' && !isLoopbackOrPrivate(hostname);
}

/** Letters without underscores -> what was meant, where the distance does not say it. */
const frequentMisspellings: Readonly<Record<string, readonly string[]>> = {
  wechatappsecret: ['WECHAT_SECRET'],
  wechatappsecretfile: ['WECHAT_SECRET_FILE'],
  sessionttl: ['SESSION_IDLE_TTL', 'SESSION_MAX_TTL'],
  trustedproxies: ['TRUST_PROXY'],
};

const NAMES_OF_OTHERS = /^(npm_.*|NODE_OPTIONS|NODE_PATH|HOSTNAME|LOGNAME)$/i;

export function misspellingWarnings(env: Environment['env']): string[] {
  const known = Object.entries(options).flatMap(([name, option]) =>
    'secret' in option ? [name, `${name}${SECRET_FILE_SUFFIX}`] : [name],
  );
  const names = Object.keys(env).filter((name) => env[name] && !NAMES_OF_OTHERS.test(name));
  return findMisspellings(names, known, frequentMisspellings).map(
    ({ name, meant }) => `${name} is not an option. Did you mean ${meant.join(' or ')}?`,
  );
}
