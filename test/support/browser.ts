import { afterAll, jest } from '@jest/globals';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findBinary } from '../servers/binaries.js';

// A page of a browser takes many times longer on a machine that has other things to do.
const STEP_TIMEOUT_MS = 120_000;
jest.setTimeout(3 * STEP_TIMEOUT_MS);

export interface OpenBrowser {
  readonly page: Page;
  /** The address of everything the page asked for, in order; `data:` and `blob:` are not asked of anybody. */
  readonly requests: readonly string[];
  /** What its console called an error (a refused policy, a 404, an exception), one line each. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

// One for all tests of a file: to start one takes longer than most of them. Each has a context of its own in it.
let running: Promise<Browser> | null = null;
afterAll(async () => (await running)?.close());

function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: findBinary('chromium', 'chromium') ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
}

/** A page of a real Chromium that reaches 127.0.0.1 and nothing else: other names do not resolve, other addresses are refused. */
export async function openBrowser(options: BrowserContextOptions = {}): Promise<OpenBrowser> {
  running ??= launch();
  const context = await (await running).newContext({ locale: 'en-US', ...options });
  context.setDefaultTimeout(STEP_TIMEOUT_MS);
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  await context.route(isElsewhere, (route) => route.abort('addressunreachable'));
  context.on('request', (request) => {
    if (/^(https?|wss?):/.test(request.url())) requests.push(request.url());
  });
  page.on('websocket', (socket) => requests.push(socket.url()));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, requests, complaints, close: () => context.close() };
}

function isElsewhere({ protocol, hostname }: URL): boolean {
  return /^https?:$/.test(protocol) && hostname !== '127.0.0.1';
}
