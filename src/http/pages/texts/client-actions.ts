import { type ErrorCode, errorTable } from '../../../errors.js';
import type { Language } from '../language.js';

type Actions = Readonly<Record<ErrorCode, string>>;

const english = Object.fromEntries(Object.entries(errorTable).map(([code, row]) => [code, row.client])) as Actions;

/** What a client does about each code: the column of the error table, in every language. */
export const clientActions: Readonly<Record<Language, Actions>> = {
  en: english,
  zh: {
    UNAUTHENTICATED: '重新登录，一次',
    SERVICE_UNAVAILABLE: '保留 token，在 `retryAfterSeconds` 秒后原样再发',
    CODE_INVALID: '重新调用 wx.login，一次',
    USER_BLOCKED: '告知用户',
    RATE_LIMITED: '等待 `retryAfterSeconds` 秒',
    PLATFORM_UNAVAILABLE: '等一等，然后用新的 code',
    UNKNOWN_APP: '修正调用',
    BAD_USER_INPUT: '修正调用',
    FORBIDDEN: '告知用户',
    WRONG_CREDENTIALS: '请用户重新输入',
    USERNAME_TAKEN: '请用户换一个用户名',
    WEAK_PASSWORD: '说明原因（`reason`：`TOO_SHORT`、`TOO_LONG` 或 `COMMON`），请用户换一个密码',
    IDENTITY_TAKEN: '`mergeable` 为真时询问用户是否合并，再以新的 code 和 `merge: true` 发送',
    LAST_IDENTITY: '先关联另一个身份',
    OPEN_DATA_REFUSED: '重新登录后重新获取数据再发（`action`：`LOGIN_AGAIN`），或修正所发内容（`FIX_INPUT`）',
    PERSISTED_QUERY_NOT_FOUND: '在 `DOCUMENTS` 允许时改发查询文本；否则请运维更新清单',
    BAD_REQUEST: '修正调用',
    NOT_FOUND: '修正调用',
    INTERNAL_SERVER_ERROR: '报告 `requestId`',
  },
};
