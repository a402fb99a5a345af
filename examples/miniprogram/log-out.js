const busy = require('./busy');
const client = require('./client');
const tell = require('./tell');

/** Asks first. Then ends the session of this phone, and leads to where one can log in again. */
module.exports = async function logOut() {
  const { confirm } = await wx.showModal({ title: '退出登录？', content: '其他设备不受影响。', confirmText: '退出' });
  if (!confirm) return;
  let isTold = true;
  try {
    await busy('正在退出', client.logout());
  } catch (error) {
    // The token is gone from this phone in any case.
    console.warn(error);
    isTold = false;
  }
  await wx.reLaunch({ url: '/pages/me/me?loggedOut=1' });
  if (!isTold) tell({ title: '本机已退出，但没能通知服务器', advice: '可以在其他设备上让它下线' });
};
