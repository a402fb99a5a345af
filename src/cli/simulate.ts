import { ConfigError, processEnvironment } from '../config.js';
import type { Simulator } from '../simulator/index.js';
import { type Arguments, parsePort } from './arguments.js';

const DEFAULT_PORT = '4100';

/** `menjin simulate`: a simulated WeChat until a signal asks it to stop, on this machine only. */
export async function simulate({ options }: Arguments): Promise<number | null> {
  const { appid, secret } = options;
  const port = parsePort(options.port ?? DEFAULT_PORT);
  try {
    if (processEnvironment().env.NODE_ENV === 'production') return fail('There is no simulator in production.');
    const { createSimulator } = await import('../simulator/index.js');
    const simulator = await createSimulator({ port, appid, secret });
    stopOnSignals(simulator);
    process.stdout.write(welcome(simulator));
    return null;
  } catch (error) {
    return fail(sentenceFor(error));
  }
}

function fail(sentence: string): 1 {
  process.stderr.write(`${sentence}\n`);
  return 1;
}

function welcome({ url, appid, secret, users }: Simulator): string {
  const names = users.map((user) => user.username).join(', ');
  const lines = [
    '',
    `A simulated WeChat answers at ${url}`,
    '',
    "For the gateway's environment, or its .env file:",
    '',
    `  WECHAT_API_URL=${url}`,
    `  WECHAT_APPID=${appid}`,
    `  WECHAT_SECRET=${secret}`,
    '',
    `For a fresh code of one of its users (${names}):`,
    '',
    `  npm run -s code -- alice --port ${new URL(url).port}`,
    '',
    'Ctrl-C ends it.',
    '',
  ];
  return `${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n`;
}

/** Nothing else keeps the process alive, so it ends with status 0. */
function stopOnSignals({ close }: Simulator): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void close());
}

function sentenceFor(error: unknown): string {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return 'That port is in use by another program: stop it, or choose another one with --port.';
  if (code === 'EACCES') return 'That port may not be used by this user: choose one above 1023 with --port.';
  if (error instanceof ConfigError || name === 'SimulatorMisuse') return message;
  return `The simulator could not start: ${message}`;
}
