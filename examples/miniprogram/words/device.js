/** By the User-Agent of its login, the first that fits. DevTools calls itself a phone, too. */
const devices = [
  [/wechatdevtools/i, '微信开发者工具', 'computer'],
  [/iPhone/, 'iPhone', 'phone'],
  [/iPad/, 'iPad', 'phone'],
  [/OpenHarmony|HarmonyOS/, '鸿蒙手机', 'phone'],
  [/Android/, '安卓手机', 'phone'],
  [/Windows/, 'Windows 电脑', 'computer'],
  [/Macintosh/, 'Mac 电脑', 'computer'],
  [/(?:)/, '未知设备', 'phone'],
];

/** Between the version of Android and "Build": Linux; Android 14; 2312DRA50C Build/UP1A. */
const MODEL = /Android [^;)]+; ([^;)]+?) Build\//;

/** @param userAgent null when the login named none */
module.exports = function deviceOf(userAgent) {
  const text = userAgent || '';
  const [, name, kind] = devices.find(([sign]) => sign.test(text));
  const [, model] = MODEL.exec(text) || [];
  return { name: model ? `${name} · ${model}` : name, kind };
};
