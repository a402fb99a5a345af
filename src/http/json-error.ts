import { type ErrorCode, errorTable } from '../errors.js';

/** The body of every refusal, on every path: a client needs one parser. */
export interface ErrorBody {
  errors: [{ message: string; extensions: Record<string, unknown> & { code: ErrorCode } }];
}

export function errorBody(code: ErrorCode, message?: string, extensions: Record<string, unknown> = {}): ErrorBody {
  return { errors: [{ message: message ?? errorTable[code].message, extensions: { ...extensions, code } }] };
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** What the statuses of HTTP's own refusals mean here. */
export const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is not well-formed.',
  405: 'This path does not know that method; Allow says which it knows.',
  406: 'Answers are JSON, where nothing else is said.',
  408: 'The request took too long to arrive.',
  413: 'The body is larger than this path takes: 64 KiB, where nothing else is said.',
  415: 'The body must be application/json in UTF-8, where nothing else is said.',
  431: 'The headers are too large.',
};

/** A refusal of HTTP's own, with its status. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  constructor(readonly statusCode: number) {
    super(`HTTP ${statusCode}`);
  }
}
