import { apiPaths, checkPath } from './api-paths.js';
import { checkFault, faults } from './faults.js';
import { SimulatorMisuse } from './misuse.js';
import type { SimulatedWechat } from './orders.js';
import { checkPayload } from './seal-open-data.js';
import { type Fields, isObject } from './wechat-request.js';

export interface ControlRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Parsed; undefined where there is none. */
  readonly body: unknown;
}

export interface ControlAnswer {
  readonly status: number;
  /** Goes out as JSON. */
  readonly body: unknown;
  /** With 405: the methods the path knows. */
  readonly allow?: string;
}

/** What is done at a path, by method. Each answers the body. */
const routes: Readonly<
  Record<
    string,
    Readonly<Record<string, (simulator: SimulatedWechat, input: Fields, query: URLSearchParams) => unknown>>
  >
> = {
  '/simulator': {
    GET: ({ apps, users }) => ({
      apps: apps.map(({ appid }) => ({ appid })),
      users: users.map(({ username, kind, unionid }) => ({ username, kind, hasUnionid: unionid !== null })),
      faults,
      paths: apiPaths,
    }),
  },
  '/simulator/codes': {
    POST: ({ code }, { user, appid, fault }) => ({
      code: code(text('user', user), { ...optionalAppid(appid), fault: isAbsent(fault) ? null : checkFault(fault) }),
    }),
  },
  '/simulator/phone-codes': {
    POST: ({ phoneCode }, { user, appid }) => ({ code: phoneCode(text('user', user), optionalAppid(appid)) }),
  },
  '/simulator/open-data': {
    POST: ({ encrypt }, { user, payload, appid }) =>
      encrypt(text('user', user), checkPayload(payload), optionalAppid(appid)),
  },
  '/simulator/subscriptions': {
    POST: ({ subscribe }, { user, templateId, times, appid }) => {
      const options = { ...optionalAppid(appid), times: optionalNumber('times', times) };
      subscribe(text('user', user), text('templateId', templateId), options);
      return {};
    },
  },
  '/simulator/faults': {
    POST: ({ fail }, { fault, times, appid, path }) => {
      if (fault === undefined) throw new SimulatorMisuse('fault is a fault, or null for none.');
      fail(fault === null ? null : checkFault(fault), {
        ...optionalAppid(appid),
        times: optionalNumber('times', times),
        path: isAbsent(path) ? undefined : checkPath(path),
      });
      return {};
    },
  },
  '/simulator/exchanges': {
    GET: ({ exchanges }, _input, query) => ({ exchanges: exchanges(query.get('code') ?? undefined) }),
  },
  '/simulator/calls': {
    GET: ({ calls }, _input, query) => {
      const path = query.get('path');
      return { calls: calls(path === null ? undefined : checkPath(path)) };
    },
  },
  '/simulator/messages': {
    GET: ({ messages }, _input, query) => ({ messages: messages(query.get('user') ?? undefined) }),
  },
};

/**
 * What another process may do with a simulator, over HTTP: be a phone, order faults, and read what WeChat was asked.
 *
 * @returns errors as `{"errors":[{"message","extensions":{"code"}}]}`, BAD_USER_INPUT, BAD_REQUEST or NOT_FOUND
 */
export function answerControl(
  simulator: SimulatedWechat,
  { method, path, query, body }: ControlRequest,
): ControlAnswer {
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return refusal(404, 'NOT_FOUND', 'There is nothing here.');
  const act = Object.hasOwn(route, method) ? route[method] : undefined;
  if (act === undefined) {
    const allow = Object.keys(route).join(', ');
    return { ...refusal(405, 'BAD_REQUEST', 'This path does not know that method; Allow says which it knows.'), allow };
  }
  const input = method === 'POST' ? body : {};
  if (!isObject(input)) return refusal(400, 'BAD_USER_INPUT', 'The body is a JSON object.');
  try {
    return { status: 200, body: act(simulator, input, query) };
  } catch (error) {
    if (error instanceof SimulatorMisuse) return refusal(400, 'BAD_USER_INPUT', error.message);
    throw error;
  }
}

export function refusal(status: number, code: string, message: string): ControlAnswer {
  return { status, body: { errors: [{ message, extensions: { code } }] } };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new SimulatorMisuse(`${name} is a text.`);
  return value;
}

function optionalAppid(appid: unknown): { appid?: string } {
  return isAbsent(appid) ? {} : { appid: text('appid', appid) };
}

function optionalNumber(name: string, value: unknown): number | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'number') throw new SimulatorMisuse(`${name} is a number.`);
  return value;
}
