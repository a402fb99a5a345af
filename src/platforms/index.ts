import type { Platform, PlatformName } from './platform.js';
import { createWechat } from './wechat.js';

export interface PlatformsOptions {
  /** An http or https origin. */
  wechatApiUrl: string;
}

/** Every platform whose codes menjin exchanges: one line each. */
export function createPlatforms({ wechatApiUrl }: PlatformsOptions): ReadonlyMap<PlatformName, Platform> {
  const platforms: readonly Platform[] = [createWechat({ apiUrl: wechatApiUrl })];
  return new Map(platforms.map((platform) => [platform.name, platform]));
}
