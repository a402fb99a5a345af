import type { Fetch } from './api.js';
import type { Ask } from './ask.js';
import { mayMutate } from './document.js';
import { createFetch } from './fetch.js';

/** Only to where its token belongs. */
export function createClientFetch(ask: Ask, to: string): Fetch {
  return createFetch({
    async request({ url, data, header }) {
      if (url !== to || !data) throw new TypeError(`client.fetch: only POST to ${to}`);
      const { response, failure } = await ask(data, mayMutate(data), header);
      if (response) return response;
      throw failure;
    },
  });
}
