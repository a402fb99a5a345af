import type { AltairConfigOptions } from 'altair-static';
import { logInOperation, viewerOperation } from './explorer.js';

type Language = 'en-US' | 'zh-CN';

interface Words {
  readonly logIn: string;
  readonly viewer: string;
}

/** How to use the two windows, in the words that Altair's own buttons have in that language. */
const words: Readonly<Record<Language, Words>> = {
  'en-US': {
    logIn: `# 1. A code is what wx.login gives a phone.
#    For the test user alice, take one:
#    - from the home page, /
#    - or run: npm run -s code -- alice
#    Put it into "code" below. Press Send Request.
`,
    viewer: `# 2. Copy the token that LogIn returned.
#    Press Set Headers, topmost on the left, and
#    put the token in place of <token>.
#    Press Done, then Send Request.
`,
  },
  'zh-CN': {
    logIn: `# 1. code 就是手机上 wx.login 得到的凭证。
#    测试用户 alice 的 code 可以这样获取：
#    - 打开首页 /
#    - 或在终端运行：npm run -s code -- alice
#    把它填到下面的 "code" 里，点击“发送请求”。
`,
    viewer: `# 2. 复制 LogIn 返回的 token。
#    点击左侧最上面的“设置Headers”，
#    用它替换 <token>，关闭窗口，
#    再点击“发送请求”。
`,
  },
};

function optionsFor(language: Language): AltairConfigOptions {
  const { logIn, viewer } = words[language];
  return {
    initialWindows: [
      {
        initialName: '1. LogIn',
        initialQuery: logIn + logInOperation,
        initialVariables: JSON.stringify({ input: { code: '' } }, null, 2),
      },
      {
        initialName: '2. Viewer',
        initialQuery: viewer + viewerOperation,
        initialHeaders: { Authorization: 'Bearer <token>' },
      },
    ],
    persistedSettings: {
      language,
      theme: 'light',
      'theme.dark': 'dark',
      'schema.reloadOnStart': true,
      'plugin.list': [],
      'alert.disableUpdateNotification': true,
      'banners.disable': true,
      disablePushNotification: true,
    },
    disableAccount: true,
    // Every visit begins with the windows above.
    preserveState: false,
    instanceStorageNamespace: 'menjin_',
  };
}

/** What Altair starts with, by the language of the browser. Its endpoint is added there. */
export const explorerOptions: Readonly<Record<Language, AltairConfigOptions>> = {
  'en-US': optionsFor('en-US'),
  'zh-CN': optionsFor('zh-CN'),
};
