import { type Answer, readAnswer } from './answer.js';
import type { Platform } from './api.js';
import type { MenjinError } from './menjin-error.js';

/** Sends a body of JSON. Whatever happens is an answer. */
export type Send = (body: string, token: string | null, headers?: object, isUrgent?: boolean) => Promise<Answer>;

export function createSend(platform: Platform, url: string, timeout: number): Send {
  return (data, token, headers, isUrgent) => {
    const header: Record<string, string> = { ...headers, 'content-type': 'application/json' };
    if (token) header.authorization = `Bearer ${token}`;
    return platform
      .request({ url, method: 'POST', header, data, dataType: 'text', timeout }, isUrgent)
      .then(readAnswer, (failure: MenjinError) => ({ response: null, data: null, failure }));
  };
}
