const AGAIN = '请稍后再试';
const CHECK_NETWORK = '请检查网络后再试';
const ASK_US = '如有疑问请联系客服';

/** By the code of a MenjinError: what has happened, and what the person can do. */
const sentences = {
  SERVICE_UNAVAILABLE: ['服务暂时不可用', AGAIN],
  PLATFORM_UNAVAILABLE: ['微信暂时没有回应', AGAIN],
  RATE_LIMITED: ['操作太频繁', AGAIN],
  QUEUE_FULL: ['操作太频繁', AGAIN],
  INTERNAL_SERVER_ERROR: ['服务出了点问题', AGAIN],
  BAD_ANSWER: ['服务出了点问题', AGAIN],

  NETWORK_ERROR: ['网络连接失败', CHECK_NETWORK],
  TIMEOUT: ['网络太慢了', CHECK_NETWORK],
  INTERRUPTED: ['刚才离开了一会儿', '请再试一次'],

  UNAUTHENTICATED: ['登录没有成功', '请再试一次'],
  LOGIN_FAILED: ['登录没有成功', '请再试一次'],
  CODE_INVALID: ['登录没有成功', '请再试一次'],
  LOGGED_OUT: ['已经退出登录', '请重新登录'],

  USER_BLOCKED: ['账号已被限制使用', ASK_US],
  FORBIDDEN: ['没有权限进行此操作', ASK_US],

  // Faults of whoever set it up, which are in the console.
  DOMAIN_NOT_LISTED: ['小程序还没有配置好', ASK_US],
  UNKNOWN_APP: ['小程序还没有配置好', ASK_US],
};
const otherwise = ['出了点问题', AGAIN];

/** The same again would fail the same way. */
const lasting = ['USER_BLOCKED', 'FORBIDDEN', 'DOMAIN_NOT_LISTED', 'UNKNOWN_APP'];

/**
 * What a person reads of a failure. The developer reads its message, in the console.
 *
 * @param own sentences that this place has of its own
 */
module.exports = function wordsOf(failure, own = {}) {
  console.warn(failure);
  const { code, retryAfterSeconds, requestId } = failure;
  const [title, advice] = own[code] || sentences[code] || otherwise;
  return {
    title,
    advice: retryAfterSeconds > 1 ? `请在${lengthOf(retryAfterSeconds)}后再试` : advice,
    // With it, support finds the line in the gateway's log.
    number: (code === 'INTERNAL_SERVER_ERROR' && requestId) || '',
    canRetry: !lasting.includes(code),
  };
};

function lengthOf(seconds) {
  if (seconds <= 90) return ` ${seconds} 秒`;
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 90 ? ` ${minutes} 分钟` : ` ${Math.ceil(minutes / 60)} 小时`;
}
