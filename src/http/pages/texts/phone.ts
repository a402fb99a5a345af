import { textTable } from './text-table.js';

/** The page around the steps, and what the person on the phone reads. */
export const phoneTexts = textTable({
  en: {
    title: 'The phone: a mini-program login, step by step',
    headline: 'What happens when a mini-program logs in',
    lead: 'A real login at this gateway, with a simulated WeChat behind it. Everything below is what really travelled.',
    client:
      'This phone runs `@menjin/miniprogram`: the very client that ships. These two lines are all that a mini-program says about logging in; the six steps are the client’s doing. `docs/miniprogram.md` has the rest.',
    realApps:
      'Real apps are configured here, so this gateway has no simulated WeChat, and no phone to show. Start without `WECHAT_APPID` and `APPS_FILE` to get one.',
    noScript: 'This page needs JavaScript to make the requests it shows.',
    whose: 'Whose phone is it?',
    ordinary: 'an ordinary person',
    withUnionid: 'has a unionid',
    newcomer: 'somebody new, every time',
    blocked: 'blocked by WeChat',
    thePhone: 'The phone',
    miniProgram: 'Mini-program',
    screenOut: 'Not logged in',
    screenOutText: 'The mini-program does not know who is holding this phone.',
    screenWaiting: 'One moment …',
    screenIn: 'Hello, {user}',
    screenInText: 'The server calls you',
    screenEnded: 'Logged out',
    screenEndedText: 'The session has ended, everywhere.',
    steps: 'The login, step by step',
    pitfalls: 'What tutorials get wrong',
    pitfallOpenid:
      '**The openid as a password.** If a phone may say “I am openid X”, whoever has seen X is X. Here it comes only from WeChat’s answer.',
    pitfallSessionKey:
      '**The session_key on the phone.** It decrypts and signs this person’s data. WeChat says it must not be sent down; here it has no way out.',
    pitfallTwice:
      '**A second exchange.** A code is spent by the first. Whoever sends it again, after a lost answer or a double tap, gets 40163; here they get their session.',
    pitfallAgain:
      '**Logged out by a blink.** “I cannot tell” is not “nobody”: when a store is away the answer says so, and the phone keeps its token.',
    ready: 'Pick a person, then press wx.login on the phone.',
    readyAs: '{user} holds the phone now. Press wx.login.',
    stepDone: 'Step {step} of 6: {title}.',
    loggedIn: '{user} is logged in, and is the viewer of every request from now on.',
    loginRefused: 'The login was refused: {code}. Nothing is stored, and there is no token.',
    notReached: 'The gateway does not answer. Is it still running?',
    nothingStored: 'Nothing is stored: there is no session.',
    notSent: 'Not sent: there is no token.',
  },
  zh: {
    title: '模拟手机：逐步看懂小程序登录',
    headline: '小程序登录时，到底发生了什么',
    lead: '这是在本网关上进行的真实登录，背后是模拟的微信。下面显示的，都是真正传输过的内容。',
    client:
      '这部手机运行的就是发布的客户端 `@menjin/miniprogram`。关于登录，小程序只写这两行，六个步骤都由客户端完成。详见 `docs/miniprogram.md`。',
    realApps:
      '这里配置了真实的小程序，网关背后没有模拟的微信，也就没有手机可看。不设置 `WECHAT_APPID` 和 `APPS_FILE` 启动，就有了。',
    noScript: '这个页面需要 JavaScript 来发出它所展示的请求。',
    whose: '这是谁的手机？',
    ordinary: '普通用户',
    withUnionid: '有 unionid',
    newcomer: '每次都是新用户',
    blocked: '被微信封禁',
    thePhone: '手机',
    miniProgram: '小程序',
    screenOut: '未登录',
    screenOutText: '小程序还不知道拿着这部手机的人是谁。',
    screenWaiting: '请稍候……',
    screenIn: '你好，{user}',
    screenInText: '服务器这样称呼你',
    screenEnded: '已退出登录',
    screenEndedText: '会话已在所有地方结束。',
    steps: '登录的每一步',
    pitfalls: '教程里常见的错误',
    pitfallOpenid:
      '**把 openid 当密码。** 如果手机可以自称“我是 openid X”，那么见过 X 的人就都是 X。这里 openid 只来自微信的回答。',
    pitfallSessionKey:
      '**把 session_key 发给手机。** 它能解密和签名这个人的数据。微信要求不得下发；在这里它没有出去的路。',
    pitfallTwice:
      '**重复换取。** code 用一次就作废。回答丢失或连点两次之后再发，别处得到 40163；这里得到的还是自己的会话。',
    pitfallAgain: '**存储一抖，全员掉线。** “查不到”不等于“没有人”：存储不可用时，回答会如实说明，手机保留 token。',
    ready: '选一个人，然后在手机上点 wx.login。',
    readyAs: '现在手机在 {user} 手里。请点 wx.login。',
    stepDone: '第 {step} 步，共 6 步：{title}。',
    loggedIn: '{user} 已登录，从现在起，每个请求的 viewer 都是 {user}。',
    loginRefused: '登录被拒绝：{code}。什么也没有保存，也没有 token。',
    notReached: '网关没有回答。它还在运行吗？',
    nothingStored: '什么也没有保存：没有会话。',
    notSent: '没有发送：没有 token。',
  },
});
