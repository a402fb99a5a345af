import { createRequire } from 'node:module';
import { createPhone, type Fate, type Kind } from '../../clients/miniprogram/phone.js';
import type { HeldCall } from '../../support/faults.js';
import { type Busy, createWx, type Heard, type Person, willing } from './create-wx.js';
import { loadSimulate, type Rendered, root } from './load-simulate.js';
import { attributesAround, textNodesOf, textsOf } from './read-screen.js';

const require = createRequire(import.meta.url);

export interface Launch {
  /** Of the gateway. */
  readonly url: string;
  /** What `wx.login` gives, one after the other. */
  readonly codes: readonly string[];
  /** Of the phone. */
  readonly userAgent: string;
}

/** Those that a process can tell another one. */
export type PlainFate = Exclude<Fate, HeldCall>;

interface Definition {
  readonly methods?: Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
}

/** WeChat on one phone, as far as the example needs it: it loads pages, and has the functions that they call. */
export function createWechat() {
  const { body, simulate } = loadSimulate();
  const globals = globalThis as unknown as Record<string, unknown>;
  const pages: { path: string; rendered: Rendered }[] = [];
  /** What the pages' methods have begun and not finished. */
  const open = new Set<unknown>();
  const person = willing();
  const heard: Heard = { toasts: [], dialogs: [], clipboard: [], console: [] };
  const busy: Busy = { loading: false, pulledDown: false };
  let phone = createPhone(() => '');
  let launched: Launch = { url: '', codes: [], userAgent: '' };

  const register = globals.Component as (definition: Definition) => void;
  globals.Component = (definition: Definition) => {
    const followed = Object.entries(definition.methods ?? {}).map(([name, method]) => [
      name,
      function (this: unknown, ...args: readonly unknown[]) {
        const work = method.apply(this, [...args]);
        open.add(work);
        Promise.resolve(work).finally(() => open.delete(work));
        return work;
      },
    ]);
    register({ ...definition, methods: Object.fromEntries(followed) });
  };
  globals.App = () => {};
  console.warn = (said: unknown) => heard.console.push(String(said));

  /** Resolves when the pages have done all that they do about what has happened. */
  async function settle(): Promise<void> {
    for (;;) {
      // j-component dispatches in a microtask.
      await new Promise((resolve) => setImmediate(resolve));
      if (open.size === 0) break;
      await Promise.allSettled([...open]);
    }
    for (const [sign, isShown] of Object.entries(busy)) if (isShown) throw new Error(`the page is still ${sign}`);
  }

  function openPage(url: string): void {
    const [path = '', query = ''] = url.replace(/^\//, '').split('?');
    pages.at(-1)?.rendered.detach();
    const rendered = simulate.render(simulate.load(root + path, { rootPath: root, compiler: 'simulate' }));
    rendered.attach(body);
    pages.push({ path, rendered });
    rendered.instance.onLoad?.(Object.fromEntries(new URLSearchParams(query)));
    rendered.instance.onShow?.();
  }

  function closePages(): void {
    for (const { rendered } of pages.splice(0)) rendered.detach();
  }

  function current(): Rendered {
    const top = pages.at(-1);
    if (top === undefined) throw new Error('no page is open');
    return top.rendered;
  }

  function reLaunch(url: string): void {
    closePages();
    openPage(url);
  }

  /** As when somebody opens a mini-program that was not running. */
  async function coldStart(): Promise<readonly string[]> {
    closePages();
    for (const file of Object.keys(require.cache)) if (file.startsWith(root)) delete require.cache[file];
    Object.assign(busy, { loading: false, pulledDown: false });
    globals.wx = createWx({ phone, userAgent: launched.userAgent, person, heard, busy, reLaunch });
    (require(`${root}config.js`) as { url: string }).url = launched.url;
    require(`${root}app.js`);
    const { pages: all } = require(`${root}app.json`) as { pages: readonly [string] };
    openPage(all[0]);
    const atFirst = textsOf(current().dom);
    await settle();
    return atFirst;
  }

  return {
    /** On a phone that has never seen it. Gives what was on the screen at first. */
    launch: (launch: Launch) => {
      launched = launch;
      Object.assign(person, willing());
      const codes = [...launch.codes];
      phone = createPhone(() => codes.shift() ?? 'no code is left');
      return coldStart();
    },

    /** On the same phone. Gives what was on the screen at first. */
    coldStart,

    /** Taps what reads so: on a page, or in a component of it. */
    tap: async (text: string, nth = 0) => {
      const target = textNodesOf(current().dom).filter(({ textContent }) => textContent.trim() === text)[nth]
        ?.parentNode;
      if (!target) throw new Error(`nothing reads ${text}, but ${textsOf(current().dom)}`);
      const attributes = attributesAround(target);
      const [name, detail] =
        attributes['open-type'] === 'getPhoneNumber' ? ['getphonenumber', person.phoneNumber] : ['tap'];
      current().dispatchEvent.call({ dom: target }, name, { detail });
      if (typeof attributes.url === 'string') openPage(attributes.url);
      await settle();
    },

    pullDown: async () => {
      busy.pulledDown = true;
      current().instance.onPullDownRefresh?.();
      await settle();
    },

    back: async () => {
      pages.pop()?.rendered.detach();
      current().attach(body);
      current().instance.onShow?.();
      await settle();
    },

    /** What there is to read, from top to bottom. */
    screen: () => textsOf(current().dom),
    /** The path of the page. */
    page: () => pages.at(-1)?.path ?? null,
    html: () => current().dom.outerHTML,

    behave: (change: Partial<Person>) => void Object.assign(person, change),
    /** What becomes of the next requests of a kind. */
    plan: (kind: Kind, ...fates: readonly PlainFate[]) => phone.plan(kind, ...fates),
    sent: () => phone.sent,
    /** How often `wx.login` was called. */
    logins: () => phone.logins,

    /** Since it was last asked for. */
    heard: (): Heard => {
      const all = structuredClone(heard);
      for (const list of Object.values(heard)) list.length = 0;
      return all;
    },
  };
}
