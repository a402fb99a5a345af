import { networkInterfaces } from 'node:os';
import { ConfigError, type LoadedConfig, loadConfig } from '../config.js';
import { composeGateway, DataDirError, type RunningGateway } from '../gateway.js';
import { describeCause, stackFrames } from '../observe/log.js';

/** After a signal the process ends by itself within this time, whatever hangs. */
const HARD_LIMIT_MS = 10_000;
const LAST_LINE_MS = 200;

/** `menjin start`: serves until a signal asks it to stop. */
export async function start(): Promise<number | null> {
  try {
    const loaded = loadConfig();
    const gateway = await composeGateway(loaded.config);
    const { url } = await gateway.listen().catch(async (error: unknown) => {
      await gateway.close();
      throw error;
    });
    stopWhenToldOrBroken(gateway);
    welcome(gateway, url, loaded);
    return null;
  } catch (error) {
    process.stderr.write(`${sentenceFor(error)}\n`);
    return 1;
  }
}

/** What a newcomer reads when it does not start. */
function sentenceFor(error: unknown): string {
  if (error instanceof ConfigError || error instanceof DataDirError) return error.message;
  const { code, port, message } = error as { code?: string; port?: number; message?: string };
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use by another program: stop it, or choose another one with PORT.`;
  if (code === 'EACCES') return `Port ${port} may not be used by this user: choose one above 1023 with PORT.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'HOST is no address of this machine.';
  return `menjin could not start: ${message ?? 'for an unknown reason'}`;
}

function welcome({ config, log, simulator }: RunningGateway, url: string, { warnings }: LoadedConfig): void {
  for (const warning of warnings) log.warn(warning);
  if (config.environment === 'development') {
    const lines = [
      '',
      `menjin serves at ${url}/graphql`,
      `Open ${url}/ in a browser: it leads to the explorers${simulator === null ? '' : ', and to a phone to log in with'}.`,
      ...(simulator === null ? [] : simulatorHint(simulator)),
      phoneHint(config.host, new URL(url).port),
      ...(config.trustedDocuments?.mode === 'require' ? [EXPLORERS_ARE_REFUSED] : []),
      '',
    ];
    process.stdout.write(
      lines
        .map((line) => `  ${line}`.trimEnd())
        .join('\n')
        .concat('\n'),
    );
  }
  log.info({ url, apps: config.apps.length, simulator: simulator !== null }, 'started');
}

const EXPLORERS_ARE_REFUSED =
  'DOCUMENTS=require: what the explorers ask is in no manifest, and is refused. Leave it out, or say allow, to explore.';

function simulatorHint({ users }: NonNullable<RunningGateway['simulator']>): string[] {
  const names = users.map((user) => user.username).join(', ');
  return [
    'No WeChat credentials are set, so a simulated WeChat answers.',
    `A fresh code of one of its users (${names}):  npm run -s code -- alice`,
  ];
}

/** How a phone on the same network gets in. */
function phoneHint(host: string, port: string): string {
  const addresses = Object.values(networkInterfaces()).flat();
  const lan = addresses.find((address) => address?.family === 'IPv4' && !address.internal)?.address ?? '<this machine>';
  const address = `http://${lan}:${port}/graphql`;
  return host === '127.0.0.1' || host === 'localhost' || host === '::1'
    ? `Only this machine gets in. For a phone on the same network start with HOST=0.0.0.0, then it is ${address}`
    : `A phone on the same network gets in at ${address}`;
}

/**
 * One shutdown, however many signals come. A failure that nobody handled has left nobody knows what half done: it is told, and
 * the process ends as after a signal, but with status 1, for whoever starts it to start it again.
 */
function stopWhenToldOrBroken({ close, log }: RunningGateway): void {
  let isStopping = false;
  const stop = async (reason: object) => {
    if (isStopping) return;
    isStopping = true;
    log.info(reason, 'stopping');
    setTimeout(() => {
      log.error('stopped at the hard limit: something did not end in time');
      // Not process.exit(): it waits for the log to be written, and a log that nobody reads may be what hangs.
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_LINE_MS);
    }, HARD_LIMIT_MS - LAST_LINE_MS).unref();
    try {
      await close();
      log.info('stopped');
    } catch (error) {
      log.error(describeCause(error), 'stopped, and something could not be closed');
      process.exitCode = 1;
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop({ signal }));
  // Node's own last words would be the error's message, with whatever it quotes. `origin` tells a rejection from a throw.
  process.on('uncaughtException', (error, origin) => {
    process.exitCode = 1;
    log.fatal({ ...describeCause(error), stack: stackFrames(error) }, 'a failure that nobody handled');
    void stop({ origin });
  });
}
