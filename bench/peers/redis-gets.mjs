import { createClient } from '@redis/client';

const AT_ONCE = 64;

/** No server: it reads each of the keys in turn from Redis by one client, with 64 reads under way. */
export async function start({ redisUrl, keys }) {
  const client = createClient({ url: redisUrl });
  await client.connect();
  return {
    async work(seconds) {
      const startedAt = performance.now();
      const until = startedAt + seconds * 1000;
      let read = 0;
      const reader = async () => {
        while (performance.now() < until) {
          const found = await client.get(keys[read++ % keys.length]);
          if (found === null) throw new Error('what was put there is gone');
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, reader));
      return { requests: read, perSecond: (read * 1000) / (performance.now() - startedAt) };
    },
    close: async () => client.destroy(),
  };
}
