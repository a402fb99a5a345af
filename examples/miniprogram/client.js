const { createClient, fromWx } = require('@menjin/miniprogram');
const { url } = require('./config');

// One for all pages, so that they share one login.
module.exports = createClient({ url, platform: fromWx(wx) });
