import type { Platform, PlatformName } from './platform.js';
import { createWechat, type FetchJson } from './wechat.js';

export interface PlatformsOptions {
  /** An http or https origin. */
  wechatApiUrl: string;
  /** How platforms are asked. @default over HTTP */
  fetchJson?: FetchJson | undefined;
}

/** Every platform whose codes menjin exchanges: one line each. */
export function createPlatforms({ wechatApiUrl, fetchJson }: PlatformsOptions): ReadonlyMap<PlatformName, Platform> {
  const platforms: readonly Platform[] = [createWechat({ apiUrl: wechatApiUrl, fetchJson })];
  return new Map(platforms.map((platform) => [platform.name, platform]));
}
