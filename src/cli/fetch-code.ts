import { ConfigError, loadConfig } from '../config.js';
import { type Arguments, parsePort } from './arguments.js';
import { code } from './code.js';

/** `menjin code`: a fresh code, asked from the gateway or simulator at HOST:PORT. */
export async function fetchCode({ words, options }: Arguments): Promise<number> {
  const { port, app: appid = null, fault = null } = options;
  try {
    const { config } = loadConfig();
    const address = { host: config.host, port: port === undefined ? config.port : parsePort(port) };
    const asked = { user: words[0] ?? 'alice', appid, fault };
    return await code(asked, { ...address, out: process.stdout, err: process.stderr });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
