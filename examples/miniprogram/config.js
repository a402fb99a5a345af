module.exports = {
  // The gateway. `npm start` of menjin listens here, which WeChat DevTools reaches. A phone doesn't: it wants https, and an
  // origin that stands among the request domains at mp.weixin.qq.com, such as https://auth.example.com/graphql.
  url: 'http://127.0.0.1:4000/graphql',
};
