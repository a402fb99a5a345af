import { startChild } from '../../support/child-process.js';
import type { createWechat } from './wechat.js';

type Local = ReturnType<typeof createWechat>;

/** WeChat on a phone, in a process of its own: a mini-program has globals, and jsdom wants modules that jest cannot load. */
export type Wechat = {
  readonly [Name in keyof Local]: (...args: Parameters<Local[Name]>) => Promise<Awaited<ReturnType<Local[Name]>>>;
} & {
  kill(): Promise<void>;
};

export function startWechat(): Wechat {
  const { ask, kill } = startChild(new URL('./phone-side.ts', import.meta.url));
  const remote = { kill };
  return new Proxy(remote, {
    get: (_, name: string) => (name === 'kill' ? kill : (...args: readonly unknown[]) => ask(name, ...args)),
  }) as Wechat;
}
