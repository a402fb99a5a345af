import Module, { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DomNode } from './read-screen.js';

/** The folder that DevTools opens. */
export const root = fileURLToPath(new URL('../../../examples/miniprogram/', import.meta.url));
const require = createRequire(import.meta.url);

export interface Rendered {
  readonly dom: DomNode;
  readonly instance: Record<string, (...args: readonly unknown[]) => unknown>;
  attach(parent: DomNode): void;
  detach(): void;
  dispatchEvent(name: string, options?: { detail?: unknown }): void;
}

export interface Simulate {
  /** @param options `simulate` is a compiler that runs everywhere: WeChat's own is a binary for some machines. */
  load(path: string, options: { rootPath: string; compiler: 'simulate' }): string;
  render(id: string): Rendered;
}

/** Its globals are those of this process from then on, and time passes quickly. */
export function loadSimulate(): { body: DomNode; simulate: Simulate } {
  const { JSDOM } = require('jsdom') as { JSDOM: new (html: string) => { window: Record<string, unknown> } };
  const { window } = new JSDOM('<!doctype html><body></body>');
  const names = ['document', 'HTMLElement', 'Node', 'Element', 'Event', 'CustomEvent', 'MutationObserver'];
  const taken = Object.fromEntries(names.map((name) => [name, window[name]]));
  Object.assign(globalThis, taken, { window }, { setTimeout: impatient(setTimeout) });
  resolveAsWechat();
  const { body } = window.document as { body: DomNode };
  return { body, simulate: require('miniprogram-simulate') as Simulate };
}

/** The client waits a second or two where a store is away. */
function impatient(wait: typeof setTimeout): unknown {
  return (work: () => void, ms = 0) => wait(work, ms < 2000 ? 0 : ms);
}

/** From miniprogram_npm, which lies beside app.js. */
function resolveAsWechat(): void {
  const loader = Module as unknown as { _resolveFilename(request: string, ...rest: unknown[]): string };
  const resolve = loader._resolveFilename;
  loader._resolveFilename = (request, ...rest) =>
    request === '@menjin/miniprogram'
      ? path.join(root, 'miniprogram_npm', request, 'index.js')
      : resolve(request, ...rest);
}
