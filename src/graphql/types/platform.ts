import { registerEnumType } from 'type-graphql';
import type { PlatformName } from '../../platforms/platform.js';

export const Platform = { WECHAT: 'WECHAT' } as const satisfies { [Name in PlatformName]: Name };

registerEnumType(Platform, {
  name: 'Platform',
  description: 'The mini-program platforms whose codes this gateway exchanges.',
  valuesConfig: { WECHAT: { description: 'WeChat mini-programs (微信小程序).' } },
});
