import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type GatewayProcess, startGatewayProcess } from '../support/processes.js';
import { hang, hold, type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { codeOf, makeTempDir, startTestGateway, type TempDir } from '../support/test-gateway.js';
import { openWire } from '../support/wire.js';

let wechat: StandInWechat;

beforeEach(async () => {
  wechat = await startStandInWechat();
});

afterEach(async () => {
  await wechat.close();
});

function loginRequest(code: string): string {
  const body = JSON.stringify({ query: `mutation { login(input: { code: "${code}" }) { viewer { openid } } }` });
  const head = ['POST /graphql HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
  return [...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

describe('close', () => {
  test('answers what is under way, on connections it then ends, and takes no new ones', async () => {
    const gateway = await startTestGateway({ wechatApiUrl: wechat.url });
    const { app } = gateway.running;
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const idle = await openWire(port);
    const busy = await openWire(port);
    idle.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await idle.answer()).toMatchObject({ status: 200 });
    const held = hold();
    wechat.behaviour = held.behaviour;
    busy.write(loginRequest(codeOf('alice')));
    await held.arrived;

    const [first, second] = [gateway.running.close(), gateway.running.close()];
    await idle.ended;
    await expect(openWire(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    held.release();

    expect(await busy.answer()).toMatchObject({
      status: 200,
      headers: { connection: 'close' },
      body: '{"data":{"login":{"viewer":{"openid":"alice"}}}}\n',
    });
    await Promise.all([first, second, busy.ended]);
    await gateway.close();
  });

  test('is possible before anything was asked', async () => {
    const gateway = await startTestGateway({ wechatApiUrl: wechat.url });
    await gateway.running.close();
    await expect(gateway.running.app.inject('/healthz')).rejects.toThrow();
    await gateway.close();
  });
});

// Windows has no signal that a process can answer.
const describeSignals = process.platform === 'win32' ? describe.skip : describe;

describeSignals('a process that is told to stop', () => {
  let dir: TempDir;
  let gateway: GatewayProcess;

  beforeEach(async () => {
    dir = makeTempDir();
    gateway = await startGatewayProcess({ WECHAT_API_URL: wechat.url, DATA_DIR: dir.path, ADMIN_PORT: '0' });
  });

  afterEach(async () => {
    await gateway.kill();
    dir.remove();
  });

  const allMessages = () =>
    gateway
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
  /** Where the machine stands still any request may be slow, and a process has its own clock. */
  const messages = () => allMessages().filter((msg) => msg !== 'slow');

  test('ends with status 0, and `stopped` is the last it says', async () => {
    expect((await gateway.login(codeOf('alice'))).body.data.login.viewer.openid).toBe('alice');
    expect(await gateway.stop()).toBe(0);
    expect(messages()).toEqual(['started', 'login', 'stopping', 'stopped']);
  });

  test('stops once, however often it is told', async () => {
    const held = hold();
    wechat.behaviour = held.behaviour;
    const login = gateway.login(codeOf('alice'));
    await held.arrived;
    await tellTwice(gateway);
    held.release();
    expect((await login).body.data.login.viewer.openid).toBe('alice');
    expect(await gateway.stop()).toBe(0);
    expect(messages()).toEqual(['started', 'stopping', 'login', 'stopped']);
  });

  test('ends well within its limit when the platform hangs, and the login is told', async () => {
    const arrived = new Promise<void>((resolve) => {
      wechat.behaviour = (call, response, request) => {
        resolve();
        return hang(call, response, request);
      };
    });
    const login = gateway.login(codeOf('alice'));
    await arrived;
    expect(await gateway.stop()).toBe(0);
    const { status, body } = await login;
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 503, code: 'PLATFORM_UNAVAILABLE' });
    expect(allMessages()).toEqual(['started', 'stopping', 'unavailable', 'slow', 'stopped']);
  });
});

/** Two signals, the second when the first has been heard. */
async function tellTwice({ child, output }: GatewayProcess): Promise<void> {
  const isHeard = new Promise<void>((resolve) => {
    child.stdout?.on('data', () => {
      if (output().includes('"stopping"')) resolve();
    });
  });
  child.kill('SIGTERM');
  await isHeard;
  child.kill('SIGTERM');
  child.kill('SIGINT');
}
