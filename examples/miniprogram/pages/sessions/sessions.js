const busy = require('../../busy');
const client = require('../../client');
const logOut = require('../../log-out');
const { SESSIONS, END_SESSION, END_OTHER_SESSIONS } = require('../../queries');
const tell = require('../../tell');
const deviceOf = require('../../words/device');
const wordsOf = require('../../words/failure');
const lastSeenOf = require('../../words/last-seen');

Component({
  data: {
    /** loading, failed, ready */
    state: 'loading',
    failure: null,
    here: null,
    others: [],
  },

  methods: {
    onShow() {
      return this.load();
    },

    onRetry() {
      this.setData({ state: 'loading' });
      return this.load();
    },

    async onPullDownRefresh() {
      await this.load();
      wx.stopPullDownRefresh();
    },

    async load() {
      try {
        const { viewer } = await client.request(SESSIONS);
        const others = viewer.sessions.filter(({ current }) => !current).map(describe);
        this.setData({ state: 'ready', here: describe(viewer.session), others });
      } catch (error) {
        if (error.code === 'LOGGED_OUT') return;
        const failure = wordsOf(error);
        // What is shown already stays, unless it is over.
        if (this.data.state === 'ready' && failure.canRetry) tell(failure);
        else this.setData({ state: 'failed', failure });
      }
    },

    async onEnd({ currentTarget }) {
      const { id, name } = currentTarget.dataset;
      const content = '它要重新登录才能继续使用。';
      const { confirm } = await wx.showModal({ title: `让“${name}”下线？`, content, confirmText: '下线' });
      if (confirm) await this.end(END_SESSION, { input: { id } });
    },

    async onEndOthers() {
      const content = '除了本机，都要重新登录才能继续使用。';
      const { confirm } = await wx.showModal({ title: '下线所有其他设备？', content, confirmText: '下线' });
      if (confirm) await this.end(END_OTHER_SESSIONS);
    },

    async end(mutation, variables) {
      try {
        await busy('正在下线', client.request(mutation, variables));
        wx.showToast({ title: '已下线', icon: 'success' });
      } catch (error) {
        tell(wordsOf(error));
      }
      // After a failure, too: it may have happened.
      await this.load();
    },

    onLogOut() {
      return logOut();
    },
  },
});

function describe({ id, device, lastSeenAt }) {
  return { id, ...deviceOf(device), seen: lastSeenOf(lastSeenAt, Date.now()) };
}
