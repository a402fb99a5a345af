/** Until this is done nothing else can be tapped. */
module.exports = async function busy(title, work) {
  wx.showLoading({ title, mask: true });
  try {
    return await work;
  } finally {
    wx.hideLoading();
  }
};
