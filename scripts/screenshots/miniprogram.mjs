import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import '../../test/support/typescript.mjs';

const { openPhoneScene } = await import('../../test/clients/miniprogram/scene.ts');
const { startWechat } = await import('../../test/examples/miniprogram/start-wechat.ts');

const example = fileURLToPath(new URL('../../examples/miniprogram/', import.meta.url));
const read = (file) => readFileSync(path.join(example, file), 'utf8');
const readJson = (file) => JSON.parse(read(file));

const WIDTH = 375;
const HEIGHT = 812;
const GAP = 32;
const HOUR_MS = 3_600_000;

/** As WeChat names them. */
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) MicroMessenger/8.0.54(0x18003637) NetType/WIFI';
const ANDROID = 'Mozilla/5.0 (Linux; Android 14; 2312DRA50C Build/UP1A.231005.007; wv) MicroMessenger/8.0.54.2760';
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) MicroMessenger/7.0.20.1781 WindowsWechat';

/** The parts of WeChat's own style sheet that the example does not overrule, and the bars around a page. */
const WECHAT_CSS = `
  * { margin: 0; }
  html { height: 100%; overflow: hidden; -webkit-font-smoothing: antialiased; }
  body { box-sizing: border-box; height: 100%; padding-top: 91px; }
  wx-view, wx-navigator { display: block; }
  wx-button { position: relative; display: block; margin: 0 auto; padding: 0 14px; box-sizing: border-box;
    font-size: 18px; text-align: center; line-height: 2.55555556; border-radius: 5px; overflow: hidden; }
  .bar { position: fixed; top: 0; left: 0; width: 100%; height: 91px; text-align: center; font: 600 17px/44px sans-serif; }
  .clock { position: absolute; top: 3px; left: 32px; font-size: 15px; }
  .title { position: absolute; top: 47px; left: 0; width: 100%; }
  .capsule { position: absolute; top: 53px; right: 7px; box-sizing: border-box; width: 87px; height: 32px;
    border: .5px solid #8884; border-radius: 16px; letter-spacing: 2px; line-height: 30px; }
  .home { position: fixed; bottom: 8px; left: 50%; width: 134px; height: 5px; margin-left: -67px; border-radius: 3px; background: currentColor; }
`;

/** WXSS as a style sheet for what miniprogram-simulate renders: it writes the name of the component before every class. */
function toCss(wxss, prefix, theme) {
  return wxss
    .replace(/\.([a-z][\w-]*)/g, `.${prefix}--$1`)
    .replace(/(\d+)rpx/g, (_, rpx) => `${(rpx * WIDTH) / 750}px`)
    .replace(/\bpage \{/g, 'body {')
    .replaceAll('env(safe-area-inset-bottom)', '34px')
    .replaceAll('(prefers-color-scheme: dark)', theme === 'dark' ? 'all' : 'not all');
}

function frameOf(page, html, theme) {
  const { navigationBarTitleText, usingComponents } = readJson(`${page}.json`);
  const { navigationBar, navigationText } = readJson('theme.json')[theme];
  const css = [read('app.wxss'), read(`${page}.wxss`)].map((wxss) => toCss(wxss, 'main', theme));
  for (const [name, file] of Object.entries(usingComponents)) {
    css.push(toCss(read(path.posix.join(path.posix.dirname(page), `${file}.wxss`)), name, theme));
  }
  return `<!doctype html><html lang="zh-CN"><style>${WECHAT_CSS}${css.join('')}</style>
    <body>${html}
    <div class="bar" style="color: ${navigationText}; background: ${navigationBar}">
      <span class="clock">9:41</span><span class="title">${navigationBarTitleText}</span><span class="capsule">•••&nbsp;|&nbsp;◉</span>
    </div>
    <div class="home" style="color: ${navigationText}"></div>`;
}

/** The screens that a person sees, one after the other, by name. They have three devices. */
export async function miniprogramScreens() {
  const scene = await openPhoneScene();
  const wechat = startWechat();
  const screens = {};
  const keep = async (name) => {
    screens[name] = { page: await wechat.page(), html: await wechat.html() };
  };
  const launch = (userAgent, hoursAgo) => {
    scene.serverClock.advance(Date.now() - hoursAgo * HOUR_MS - scene.serverClock.now());
    return wechat.launch({
      url: scene.url,
      codes: [scene.simulator.code('alice'), scene.simulator.code('alice')],
      userAgent,
    });
  };
  try {
    await launch(WINDOWS, 75);
    await launch(ANDROID, 5);
    await launch(IPHONE, 0);
    await keep('first');
    await wechat.behave({ phoneNumber: { code: scene.simulator.phoneCode('alice'), errMsg: 'getPhoneNumber:ok' } });
    await wechat.tap('绑定');
    await keep('me');
    await wechat.tap('登录设备');
    await keep('sessions');
    await wechat.tap('退出');
    await keep('loggedOut');
    await wechat.plan('request', { errMsg: 'request:fail -106:net::ERR_INTERNET_DISCONNECTED' });
    await wechat.tap('重新登录');
    await keep('failed');
    return screens;
  } finally {
    await wechat.kill();
    await scene.close();
  }
}

/** Those screens side by side. */
export async function photograph(page, shown, file) {
  const frames = shown.map(({ screen, theme }) => ({ srcdoc: frameOf(screen.page, screen.html, theme) }));
  await page.setViewportSize({ width: frames.length * (WIDTH + GAP) + GAP, height: HEIGHT + 2 * GAP });
  await page.setContent(`<style>
    body { display: flex; gap: ${GAP}px; margin: ${GAP}px; background: #d5d8dc; }
    iframe { flex: none; width: ${WIDTH}px; height: ${HEIGHT}px; border: none; border-radius: 40px; }
  </style>`);
  await page.evaluate((all) => {
    for (const { srcdoc } of all) document.body.append(Object.assign(document.createElement('iframe'), { srcdoc }));
  }, frames);
  await Promise.all(page.frames().map((frame) => frame.waitForLoadState()));
  await page.screenshot({ path: file });
}

/** What the example looks like: the person, their devices, and both at night. */
export async function miniprogramScreenshot(page, _origin, file) {
  const { me, sessions } = await miniprogramScreens();
  const shown = [
    { screen: me, theme: 'light' },
    { screen: sessions, theme: 'light' },
    { screen: me, theme: 'dark' },
  ];
  await photograph(page, shown, file);
}
