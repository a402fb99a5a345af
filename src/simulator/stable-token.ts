import type { AccessTokens } from './access-tokens.js';
import type { Api } from './api.js';
import type { SimulatedApp } from './apps.js';

export interface StableTokenDeps {
  readonly apps: readonly SimulatedApp[];
  readonly accessTokens: AccessTokens;
}

/** `POST /cgi-bin/stable_token { grant_type, appid, secret, force_refresh? }` */
export function createStableToken({ apps, accessTokens }: StableTokenDeps): Api {
  return {
    method: 'POST',
    credential: 'secret',
    answer({ body }) {
      const { grant_type: grantType, appid, secret, force_refresh: isForced = false } = body;
      if (!isText(appid)) return 41002;
      if (!isText(secret)) return 41004;
      if (grantType !== 'client_credential') return 40002;
      const app = apps.find((each) => each.appid === appid);
      if (app === undefined) return 40013;
      if (app.secret !== secret) return 40125;
      if (typeof isForced !== 'boolean') return 47001;
      const issued = isForced ? accessTokens.force(appid) : accessTokens.issue(appid);
      if (typeof issued === 'number') return issued;
      return { fields: { access_token: issued.token, expires_in: issued.expiresInSeconds } };
    },
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
