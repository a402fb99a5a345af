import { join } from 'node:path';
import { type StandInWechat, startStandInWechat } from './stand-in-wechat.js';
import { makeTempDir, startTestGateway, type TestGateway, type TestGatewayOptions } from './test-gateway.js';

/** Gateways whose stores are in one folder of a test's own, and the platform they ask. */
export interface FolderScene {
  readonly wechat: StandInWechat;
  readonly dir: string;
  /** The SQLite file that everything is in. */
  readonly path: string;
  /** Every gateway that was started, closed ones too. */
  readonly started: readonly TestGateway[];
  start(options?: Partial<TestGatewayOptions>): Promise<TestGateway>;
  /** Every gateway, the platform, the folder. */
  close(): Promise<void>;
}

export async function openFolderScene(): Promise<FolderScene> {
  const wechat = await startStandInWechat();
  const { path: dir, remove } = makeTempDir();
  const started: TestGateway[] = [];
  return {
    wechat,
    dir,
    path: join(dir, 'menjin.db'),
    started,
    start: async (options = {}) => {
      const gateway = await startTestGateway({ wechatApiUrl: wechat.url, dataDir: dir, ...options });
      started.push(gateway);
      return gateway;
    },
    close: async () => {
      for (const gateway of started) await gateway.close();
      await wechat.close();
      remove();
    },
  };
}
