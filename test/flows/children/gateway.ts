import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Config } from '../../../src/config.js';
import { composeGateway, type RunningGateway } from '../../../src/gateway.js';
import { answerCommands } from '../../support/child-side.js';
import { searchForSecrets, testConfig } from '../../support/test-gateway.js';

/** One line of the log about the breaker. */
export interface BreakerLine {
  readonly isOpen: boolean;
  /** In ms since 1970. */
  readonly at: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const breakerLines: BreakerLine[] = [];
let gateway: RunningGateway | null = null;

/** Reads the log and keeps nothing else of it: the heap is measured here. */
function readLog(text: string): void {
  searchForSecrets('the log', text);
  const { msg, time } = JSON.parse(text) as { msg?: string; time: number };
  if (msg?.startsWith('breaker ')) breakerLines.push({ isOpen: msg.startsWith('breaker open'), at: time });
}

// A server and timers would keep it alive.
process.once('disconnect', () => process.exit());

answerCommands({
  start: async (wechatApiUrl: string, dataDir: string, config: Partial<Config>) => {
    const options = { wechatApiUrl, dataDir, config: { host: '127.0.0.1', ...config } };
    gateway = await composeGateway(testConfig(options), { logDestination: { write: readLog } });
    return (await gateway.listen()).url;
  },
  heapBytes: () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  },
  breakerLines: () => breakerLines,
  close: () => gateway?.close(),
});
