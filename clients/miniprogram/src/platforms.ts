import type { Platform, WxLike } from './api.js';
import { MenjinError } from './menjin-error.js';
import { errMsgOf, networkFailure } from './network-failure.js';
import { createSlots } from './slots.js';

const STORAGE_MS = 2000;
/** WeChat counts from its own queue on; somewhat later nothing will come any more. */
const PATIENCE = 1.5;

/** WeChat: `fromWx(wx)`. */
export const fromWx: (wx: WxLike) => Platform = platformOf;

/** Taro: `fromTaro(Taro)`. */
export const fromTaro: (taro: WxLike) => Platform = platformOf;

/** uni-app, in WeChat: `fromUni(uni)`. */
export const fromUni = (uni: WxLike): Platform => platformOf(uni, { provider: 'weixin' });

function platformOf(wx: WxLike, loginOptions?: object): Platform {
  const functions = wx as unknown as Record<keyof WxLike, (options: object) => unknown>;
  const slots = createSlots();

  // With callbacks, whose meaning is the same everywhere: what is returned differs from platform to platform.
  function call<Result>(name: keyof WxLike, options: { timeout?: number }): Promise<Result> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const called = new Promise<Result>((success, fail) => {
      // Who never calls back must not hold everything up.
      timer = setTimeout(() => fail('timeout: no callback'), (options.timeout || STORAGE_MS) * PATIENCE);
      // Taro returns a promise beside, which would be rejected with nobody listening.
      Promise.resolve(functions[name]({ ...options, success, fail })).catch(() => {});
    });
    const over = () => clearTimeout(timer);
    called.then(over, over);
    return called;
  }

  return {
    login: (options) =>
      call<{ code: string }>('login', { ...loginOptions, ...options }).catch((error) => {
        throw new MenjinError('LOGIN_FAILED', errMsgOf(error));
      }),
    request: (options, isUrgent) =>
      slots(() => call<never>('request', options), isUrgent).catch((error) => {
        throw networkFailure(error, options.url);
      }),
    getStorage: (options: object) => call('getStorage', options),
    setStorage: (options: object) => call('setStorage', options),
    removeStorage: (options: object) => call('removeStorage', options),
  };
}
