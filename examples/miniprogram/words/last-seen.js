const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** The gateway writes a use down once an hour at most, so this is no finer. */
module.exports = function lastSeenOf(iso, nowMs) {
  const date = new Date(iso);
  const ago = nowMs - date.getTime();
  if (ago < HOUR_MS) return '1 小时内使用过';
  if (ago < DAY_MS) return `${Math.floor(ago / HOUR_MS)} 小时前使用过`;
  if (ago < 30 * DAY_MS) return `${Math.floor(ago / DAY_MS)} 天前使用过`;
  return `最近使用：${date.getFullYear()}年${date.getMonth() + 1}月${date.getDate()}日`;
};
