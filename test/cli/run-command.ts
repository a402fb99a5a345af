import { join } from 'node:path';
import type { Arguments } from '../../src/cli/arguments.js';
import type { StoreCommand } from '../../src/cli/with-stores.js';
import type { Environment } from '../../src/config.js';
import { APP_SECRET, APPID, SECRET_KEY_BASE64, searchForSecrets } from '../support/test-gateway.js';

export interface CommandOutcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** The settings of a gateway whose stores are in this folder. */
export function settingsOf(dataDir: string, env: Record<string, string> = {}): Record<string, string> {
  return {
    NODE_ENV: 'test',
    WECHAT_APPID: APPID,
    WECHAT_SECRET: APP_SECRET,
    SECRET_KEYS: SECRET_KEY_BASE64,
    DATA_DIR: join(dataDir),
    ...env,
  };
}

/** Runs a command of menjin with these settings; nothing secret may be in what it says. */
export async function runCommand(
  env: Record<string, string>,
  command: (given: StoreCommand) => Promise<number>,
): Promise<CommandOutcome> {
  let out = '';
  let err = '';
  const readFile = () => {
    throw new Error('no file is read in tests');
  };
  const environment: Environment = { env, cwd: process.cwd(), readFile };
  const status = await command({
    environment,
    out: { write: (text) => (out += text) },
    err: { write: (text) => (err += text) },
  });
  searchForSecrets('what a command says', out + err);
  return { status, out, err };
}

/** What stands behind the name of a command, as it is read from the line. */
export function given(options: Record<string, string> = {}, ...flags: string[]): Arguments {
  return { options, flags: new Set(flags), words: [] };
}
