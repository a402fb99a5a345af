const MAINLAND = /^\+86(\d{3})\d{4}(\d{4})$/;

/** Of a number like +8613800138000 as much as its owner recognises. Someone may be looking over their shoulder. */
module.exports = function maskedNumber(e164) {
  if (MAINLAND.test(e164)) return e164.replace(MAINLAND, '$1****$2');
  return `${e164.slice(0, 3)}****${e164.slice(-2)}`;
};
