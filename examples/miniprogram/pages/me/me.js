const busy = require('../../busy');
const client = require('../../client');
const logOut = require('../../log-out');
const { ME, BIND_PHONE_NUMBER } = require('../../queries');
const tell = require('../../tell');
const wordsOf = require('../../words/failure');
const maskedNumber = require('../../words/masked-number');

const platforms = { WECHAT: '微信' };

/** These codes mean another thing where it is not about a login. */
const phoneSentences = {
  CODE_INVALID: ['授权已过期', '请再点一次'],
};

const unanswered = ['NETWORK_ERROR', 'TIMEOUT', 'INTERRUPTED'];

Component({
  data: {
    /** loading, failed, loggedOut, ready */
    state: 'loading',
    failure: null,
    me: null,
  },

  methods: {
    onLoad({ loggedOut }) {
      // To ask would be to log in again.
      if (loggedOut) this.setData({ state: 'loggedOut' });
    },

    onShow() {
      if (this.data.state !== 'loggedOut') return this.load();
    },

    onRetry() {
      this.setData({ state: 'loading' });
      return this.load();
    },

    async load() {
      try {
        const { viewer } = await client.request(ME);
        this.openid = viewer.openid;
        this.setData({ state: 'ready', me: describe(viewer) });
      } catch (error) {
        if (error.code === 'LOGGED_OUT') return;
        const failure = wordsOf(error);
        // What is shown already stays, unless it is over.
        if (this.data.state === 'ready' && failure.canRetry) tell(failure);
        else this.setData({ state: 'failed', failure });
      }
    },

    onCopy() {
      wx.setClipboardData({ data: this.openid });
    },

    async onPhoneNumber({ detail: { code, errMsg } }) {
      if (!code) return explainMissingCode(errMsg);
      try {
        const number = await busy('正在绑定', bindPhoneNumber(code));
        this.setData({ 'me.phoneNumber': maskedNumber(number) });
        wx.showToast({ title: '已绑定', icon: 'success' });
      } catch (error) {
        tell(wordsOf(error, phoneSentences));
      }
    },

    onLogOut() {
      return logOut();
    },
  },
});

/** A code is good once, but the same one again is answered as the first time, should that answer be lost. */
async function bindPhoneNumber(code) {
  const ask = () => client.request(BIND_PHONE_NUMBER, { input: { code } });
  const answer = await ask().catch((error) => {
    if (unanswered.includes(error.code)) return ask();
    throw error;
  });
  return answer.bindPhoneNumber.viewer.user.phoneNumber;
}

function describe({ openid, platform, user, sessions }) {
  const name = user.nickname || '微信用户';
  return {
    name,
    initial: Array.from(name)[0],
    shortOpenid: `openid：${openid.slice(0, 4)}…${openid.slice(-4)}`,
    platform: platforms[platform] || platform,
    phoneNumber: user.phoneNumber && maskedNumber(user.phoneNumber),
    sessionCount: sessions.length,
  };
}

/** Who would rather not has said so. Everything else is about the mini-program: no permission, or no more numbers left. */
function explainMissingCode(errMsg) {
  if (/deny|cancel/.test(errMsg)) return;
  console.warn(errMsg);
  tell({ title: '暂时无法获取手机号', advice: '请稍后再试' });
}
