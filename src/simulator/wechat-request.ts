export const BODY_LIMIT_BYTES = 64 * 1024;

/** A request to api.weixin.qq.com, however it came. */
export interface WechatRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** As sent, whatever its type is said to be; of more than 64 KiB nothing is kept. Undefined: there is none. */
  readonly body?: Uint8Array | 'too large' | undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON object that was sent, or the errcode for what is none. */
export function fieldsOf({ body }: WechatRequest): Fields | number {
  if (body === undefined || body.length === 0) return 44002;
  const value = body === 'too large' ? undefined : parse(body);
  return isObject(value) ? value : 47001;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @returns undefined for what is not JSON in UTF-8 */
export function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF_8.decode(bytes));
  } catch {
    return undefined;
  }
}
