/** A sentence over the page, for as long as it takes to read. */
module.exports = function tell({ title, advice }) {
  wx.showToast({ title: advice ? `${title}，${advice}` : title, icon: 'none', duration: 3000 });
};
