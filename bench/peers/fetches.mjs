/** No server: plain fetches to the stand-in for WeChat, so many at once, each with a code of its own. */
export async function start({ wechatUrl, atOnce, prefix }) {
  let n = 0;
  return {
    async work(seconds) {
      const startedAt = performance.now();
      const until = startedAt + seconds * 1000;
      let answered = 0;
      const fetcher = async () => {
        while (performance.now() < until) {
          n += 1;
          const query = new URLSearchParams({ ...APP, js_code: `${prefix}${n}.1`, grant_type: 'authorization_code' });
          const response = await fetch(`${wechatUrl}/sns/jscode2session?${query}`);
          const { openid } = JSON.parse(await response.text());
          if (openid === undefined) throw new Error('the stand-in refused a code');
          answered += 1;
        }
      };
      await Promise.all(Array.from({ length: atOnce }, fetcher));
      return { requests: answered, perSecond: (answered * 1000) / (performance.now() - startedAt) };
    },
    close: async () => undefined,
  };
}

const APP = { appid: 'wx0123456789abcdef', secret: '0123456789abcdef0123456789abcdef' };
