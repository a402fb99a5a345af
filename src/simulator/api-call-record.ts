import type { ApiPath } from './api-paths.js';
import type { BrokenAnswer } from './faults.js';

/** One call of an API other than the exchange. Holds no token, secret, code, openid or answer. */
export interface ApiCallRecord {
  /** In ms. */
  readonly at: number;
  /** The app it was made for; null: none of those there are. */
  readonly appid: string | null;
  readonly path: ApiPath;
  /** 0 is success; null: WeChat did no work. */
  readonly errcode: number | null;
  /** What broke the answer on its way. */
  readonly fault: BrokenAnswer | null;
}
