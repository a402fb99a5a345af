import { randomBytes } from 'node:crypto';
import { type Config, type GivenConfig, loadConfig } from '../config.js';
import type { App } from '../platforms/platform.js';

/** @throws ConfigError with every fault of what is given, TypeError when there is no setting of a given name */
export function testConfig(given: GivenConfig, apps: readonly App[]): Config {
  // Instead of the process's variables, none of which is read.
  const env = {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: 'memory:',
    SESSION_STORE_URL: 'memory:',
    SECRET_KEYS: randomBytes(32).toString('base64'),
    // Every test comes from one address.
    LOGIN_LIMIT_PER_IP: 'off',
  };
  return loadConfig({ env, cwd: process.cwd(), readFile: refuseToRead }, { ...given, apps }).config;
}

function refuseToRead(): never {
  throw new Error('no file is read for a test gateway');
}
