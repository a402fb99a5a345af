import { resolve } from 'node:path';
import { type Config, ConfigError, type LoadedConfig, loadConfig } from '../src/config.js';

export const cwd = resolve('/srv/menjin');
export const key = Buffer.alloc(32, 1).toString('base64');
export const production = { NODE_ENV: 'production', WECHAT_APPID: 'wx1', WECHAT_SECRET: 's3cret', SECRET_KEYS: key };

export type Env = Record<string, string | undefined>;
export type Files = Record<string, string>;

export function load(env: Env, files: Files = {}): LoadedConfig {
  const texts = new Map(Object.entries(files).map(([path, text]) => [resolve(cwd, path), text]));
  const readFile = (path: string) => {
    const text = texts.get(path);
    if (text === undefined) throw Object.assign(new Error(`no such file ${path}`), { code: 'ENOENT' });
    return text;
  };
  return loadConfig({ env, cwd, readFile });
}

export function config(env: Env, files?: Files): Config {
  return load(env, files).config;
}

export function failure(env: Env, files?: Files): ConfigError {
  try {
    load(env, files);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('no fault was found');
}

export function faultNames(env: Env, files?: Files): string[] {
  return failure(env, files).faults.map(({ name }) => name);
}
