// The `wx` of the simulated phone: the five functions of it that a client calls. They call back, as WeChat's do.

import { post, requestOf, wxLogin } from './wire.js';

export function createWx(phone) {
  const { user, journal, signal } = phone;
  const storage = new Map();
  const faults = [phone.fault];
  const losses = new Set([phone.loses]);

  const callingBack = (name, work) => (options) => {
    const worked = signal.aborted ? Promise.reject(signal.reason) : work(options);
    worked.then(options.success, (error) => options.fail({ errMsg: `${name}:fail ${error.message}` }));
  };

  return {
    login: callingBack('login', async () => {
      await phone.hear.loggingIn?.();
      const entry = { call: 'wx.login', code: null };
      await journal.keep(entry, async () => {
        entry.code = await wxLogin(user, faults.shift());
      });
      await phone.hear.gotCode?.(entry.code);
      return { code: entry.code };
    }),

    request: callingBack('request', async (options) => {
      const request = requestOf(options.header, options.data);
      request.isLost = losses.delete(request.call);
      await phone.hear.sending?.(request);
      const response = await journal.keep(request, () => post(request, options));
      await phone.hear.answered?.(request);
      if (request.isLost) throw new Error('the connection was cut');
      return response;
    }),

    getStorage: callingBack('getStorage', async ({ key }) => {
      if (!storage.has(key)) throw new Error('data not found');
      return { data: storage.get(key) };
    }),
    setStorage: callingBack('setStorage', async ({ key, data }) => {
      storage.set(key, data);
    }),
    removeStorage: callingBack('removeStorage', async ({ key }) => {
      storage.delete(key);
    }),
  };
}
