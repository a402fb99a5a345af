import { createGateway } from '../../dist/index.js';

const AT_ONCE = 64;

/** No server: menjin's `gateway.authenticate`, for each of the tokens in turn, with 64 under way. */
export async function start({ tokens }) {
  const gateway = await createGateway();
  // The connection to Redis is made beside the start.
  while ((await gateway.app.inject({ url: '/readyz' })).statusCode !== 200) await new Promise(setImmediate);
  let next = 0;
  return {
    async work(seconds) {
      const startedAt = performance.now();
      const until = startedAt + seconds * 1000;
      let resolved = 0;
      const resolver = async () => {
        while (performance.now() < until) {
          const viewer = await gateway.authenticate(tokens[next++ % tokens.length]);
          if (viewer === null) throw new Error('a session is gone');
          resolved += 1;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, resolver));
      return { requests: resolved, perSecond: (resolved * 1000) / (performance.now() - startedAt) };
    },
    close: gateway.close,
  };
}
