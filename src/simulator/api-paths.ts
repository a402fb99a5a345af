import { SimulatorMisuse } from './misuse.js';

export const EXCHANGE_PATH = '/sns/jscode2session';

export const apiPaths = [
  EXCHANGE_PATH,
  '/cgi-bin/stable_token',
  '/wxa/business/getuserphonenumber',
  '/wxa/checksession',
  '/wxa/resetusersessionkey',
  '/cgi-bin/message/subscribe/send',
  '/wxa/msg_sec_check',
] as const;

/** What the simulator has of api.weixin.qq.com. */
export type ApiPath = (typeof apiPaths)[number];

/** @throws SimulatorMisuse with the paths there are, when this is none of them */
export function checkPath(path: unknown): ApiPath {
  if ((apiPaths as readonly unknown[]).includes(path)) return path as ApiPath;
  throw new SimulatorMisuse(`There is no such path. There are: ${apiPaths.join(', ')}.`);
}
