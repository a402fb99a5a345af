import { textTable } from './text-table.js';

/** The six steps of a login, in order: `title`, `text`, and the places between which something travels. */
export const stepTexts = textTable({
  en: {
    wxLoginTitle: 'The phone asks WeChat for a code',
    wxLoginText:
      '`wx.login` gives it, without asking the person anything. The code says nothing about them: it is good once, for five minutes, in this mini-program only.',
    loginTitle: 'The phone sends the code to the gateway',
    loginText:
      'One GraphQL mutation. `requestId` is the name that the client gives this login, different from every other: if the answer is lost, the same again yields the same session.',
    exchangeTitle: 'The gateway asks WeChat whose code it is',
    exchangeText:
      'From server to server. Here, and nowhere else, the secret of the app is used, and WeChat says the `openid` and the `session_key`.',
    sessionTitle: 'The gateway opens a session',
    sessionText:
      'It keeps a hash of the token and not the token: a stolen database logs nobody in. The `session_key` is sealed, with a key that is not in the database.',
    tokenTitle: 'The phone gets a token',
    tokenText:
      'It is shown this once, and the client keeps it in the phone’s storage. From now on it is all that the phone sends: no code, no openid and no password travels again.',
    viewerTitle: 'With the token, the phone is the viewer',
    viewerText:
      'The gateway finds the session by the hash of the token. The openid is the one of step 3, never one that a phone claims to have.',
    phone: 'phone',
    gateway: 'gateway',
    database: 'database',
    wechat: 'WeChat',
    whoSees: 'Who sees it',
    sees: 'yes',
    seesNot: 'no',
    itemCode: 'the code',
    itemRequestId: 'the requestId',
    itemSecret: 'the app’s secret',
    itemSessionKey: 'the session_key',
    itemOpenid: 'the openid',
    itemOwnOpenid: 'one’s own openid',
    itemHash: 'the token’s hash',
    itemToken: 'the token',
    itemSealed: 'the sealed session_key',
    neverLeaves: 'never leaves the server',
    staysHere: 'stays on the server',
    sealed: 'sealed',
  },
  zh: {
    wxLoginTitle: '手机向微信要一个 code',
    wxLoginText:
      '`wx.login` 直接给出，不打扰用户。code 本身不含任何个人信息：只能用一次，五分钟内有效，只属于这个小程序。',
    loginTitle: '手机把 code 发给网关',
    loginText:
      '一个 GraphQL mutation。`requestId` 是客户端给这次登录起的名字，每次都不同：如果回答丢了，原样再发一次，得到的还是同一个会话。',
    exchangeTitle: '网关问微信：这个 code 是谁的',
    exchangeText: '服务器对服务器。小程序的密钥只在这里用到，微信也只在这里说出 `openid` 和 `session_key`。',
    sessionTitle: '网关开启会话',
    sessionText:
      '数据库里只有 token 的哈希，没有 token：偷走数据库也登录不了。`session_key` 加密保存，密钥不在数据库里。',
    tokenTitle: '手机拿到 token',
    tokenText:
      'token 只出现这一次，由客户端存进手机的本地存储。从此手机只需带上它：不再传 code，不再传 openid，也没有密码。',
    viewerTitle: '带上 token，手机就是 viewer',
    viewerText: '网关用 token 的哈希找到会话。openid 来自第 3 步，绝不来自手机自己的说法。',
    phone: '手机',
    gateway: '网关',
    database: '数据库',
    wechat: '微信',
    whoSees: '谁能看到',
    sees: '能',
    seesNot: '不能',
    itemCode: 'code',
    itemRequestId: 'requestId',
    itemSecret: '小程序密钥',
    itemSessionKey: 'session_key',
    itemOpenid: 'openid',
    itemOwnOpenid: '自己的 openid',
    itemHash: 'token 的哈希',
    itemToken: 'token',
    itemSealed: '加密的 session_key',
    neverLeaves: '绝不离开服务器',
    staysHere: '留在服务器上',
    sealed: '已加密',
  },
});
