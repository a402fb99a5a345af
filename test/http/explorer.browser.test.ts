import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findBinary } from '../servers/binaries.js';
import { describeWithService } from '../servers/describe-with-service.js';
import { type GatewayProcess, startGatewayProcess } from '../support/processes.js';
import { makeTempDir, type TempDir } from '../support/test-gateway.js';

describeWithService('chromium', 'the explorer in a real browser that reaches no other host', () => {
  let dir: TempDir;
  let gateway: GatewayProcess;

  beforeEach(async () => {
    dir = makeTempDir();
    gateway = await startGatewayProcess({ DATA_DIR: dir.path });
  });

  afterEach(async () => {
    await gateway.stop();
    dir.remove();
  });

  /** The page as it stands after its scripts have run. */
  async function render(url: string): Promise<string> {
    const options = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      `--user-data-dir=${dir.path}/browser`,
      '--virtual-time-budget=15000',
      '--dump-dom',
    ];
    const browser = spawn(findBinary('chromium', 'chromium') ?? '', [...options, url], { timeout: 50_000 });
    let dom = '';
    browser.stdout.on('data', (chunk) => {
      dom += chunk;
    });
    await once(browser, 'close');
    return dom;
  }

  test('leads from / to a page that says Sandbox could not be loaded, and how to log in without it', async () => {
    const dom = await render(`${gateway.url}/`);
    const [, fallback] = /<main id="fallback" role="alert">([\s\S]*?)<\/main>/.exec(dom) ?? [];
    expect(fallback).toContain('Apollo Sandbox could not be loaded.');
    expect(fallback).toContain(`${gateway.url}/graphql`);
    expect(dom).toMatch(/<main id="loading"[^>]* hidden/);
  });
});
