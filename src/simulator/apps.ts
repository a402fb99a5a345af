import { randomBytes } from 'node:crypto';
import { SimulatorMisuse } from './misuse.js';

/** One mini-program, as WeChat knows it. */
export interface SimulatedApp {
  readonly appid: string;
  readonly secret: string;
}

export interface SimulatedAppOptions {
  appid: string;
  /** @default a new one at every start */
  secret?: string | undefined;
}

/** The apps of one simulator: at least one. */
export type SimulatedApps = readonly [SimulatedApp, ...SimulatedApp[]];

const DEFAULT_APPID = 'wx7e57000000000001';
const CREDENTIAL = /^[\x21-\x7e]{1,128}$/;

export interface AppsOptions {
  apps?: readonly SimulatedAppOptions[] | undefined;
  appid?: string | undefined;
  secret?: string | undefined;
}

/** @throws SimulatorMisuse when there is no app, two have one appid, or an appid or secret is not of its form */
export function simulateApps({ apps, appid, secret }: AppsOptions): SimulatedApps {
  if (apps !== undefined && (appid !== undefined || secret !== undefined)) {
    throw new SimulatorMisuse('give apps, or the appid and secret of one app');
  }
  const [first, ...others] = (apps ?? [{ appid: appid ?? DEFAULT_APPID, secret }]).map(simulateApp);
  if (first === undefined) throw new SimulatorMisuse('a simulator needs an app');
  const appids = [first, ...others].map((app) => app.appid);
  if (new Set(appids).size < appids.length) throw new SimulatorMisuse('two simulated apps have the same appid');
  return Object.freeze<SimulatedApps>([first, ...others]);
}

function simulateApp({ appid, secret = randomBytes(16).toString('hex') }: SimulatedAppOptions): SimulatedApp {
  if (!CREDENTIAL.test(appid) || !CREDENTIAL.test(secret)) {
    throw new SimulatorMisuse('an appid and a secret have 1 to 128 printable characters');
  }
  return Object.freeze({ appid, secret });
}
