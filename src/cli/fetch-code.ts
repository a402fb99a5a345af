import { ConfigError, loadConfig } from '../config.js';
import { code } from './code.js';

/** `menjin code`: a fresh code, asked from the gateway at HOST:PORT. */
export async function fetchCode(args: string[]): Promise<number> {
  try {
    const { host, port } = loadConfig().config;
    return await code(args, { host, port, out: process.stdout, err: process.stderr });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
