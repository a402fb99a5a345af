import { isControlPath, serveControl } from './control-server.js';
import { serveWechat } from './serve-wechat.js';
import { listen } from './server.js';
import { createSimulatedWechat, type SimulatedWechat, type SimulatedWechatOptions } from './simulated-wechat.js';

export interface SimulatorOptions extends SimulatedWechatOptions {
  /** @default 0, a free port */
  port?: number | undefined;
  /** @default '127.0.0.1' */
  host?: string | undefined;
}

/**
 * A stand-in for api.weixin.qq.com: `GET /sns/jscode2session`, `POST /cgi-bin/stable_token` and what is called with its
 * tokens, and the phones that call `wx.login`. Its port also takes orders, below `/simulator`, from other processes of
 * this machine.
 */
export interface Simulator extends SimulatedWechat {
  readonly url: string;
  /** Frees the port and drops every connection. */
  close(): Promise<void>;
}

/**
 * @throws SimulatorMisuse (a TypeError) when two users or apps are the same, or an option is not of its form
 * @throws Error (`EADDRINUSE` and the like) when the port cannot be had
 */
export async function createSimulator({ port = 0, host, ...options }: SimulatorOptions = {}): Promise<Simulator> {
  const { wechat, answer } = createSimulatedWechat(options);
  const { url, close } = await listen(
    (request, response) => {
      const [path = ''] = (request.url ?? '').split('?', 1);
      const served = isControlPath(path)
        ? serveControl(request, response, wechat, host ?? null)
        : serveWechat(request, response, answer);
      served.catch(() => request.socket.destroy());
    },
    port,
    host ?? '127.0.0.1',
  );
  return {
    ...wechat,
    // A spread would keep those of now.
    get users() {
      return wechat.users;
    },
    url,
    close,
  };
}
