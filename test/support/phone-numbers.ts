import type { Person, SendOptions, SimulatorScene } from './simulator-scene.js';
import { type Answer, APPID } from './test-gateway.js';

export const PHONE_PATH = '/wxa/business/getuserphonenumber';

const NUMBER = 'phoneNumber phoneVerifiedAt';

/** As a user shows it who has none. */
export const NO_NUMBER = { phoneNumber: null, phoneVerifiedAt: null };

/** What phones do with a number in this scene. */
export function numbersIn(scene: SimulatorScene) {
  const asked = () => scene.simulator.calls(PHONE_PATH).length;
  const bind = (who: { token: string | null }, input: object, options: SendOptions = {}): Promise<Answer> =>
    scene.send('bindPhoneNumber', input, `viewer { user { ${NUMBER} } }`, { token: who.token, ...options });

  return {
    /** How often WeChat has been asked for a number. */
    asked,
    bind,
    /** By a fresh code of the button. */
    tap: (who: Person, options: SendOptions = {}) => bind(who, { code: scene.phoneCode(who.username) }, options),
    shown: async (who: Person, gateway = scene.gateway) =>
      (await gateway.graphql(`{ viewer { user { ${NUMBER} } } }`, { token: who.token })).body.data.viewer.user,
    /** As it must be answered now. */
    numberOf: (who: Person) => {
      const number = scene.simulator.users.find(({ username }) => username === who.username)?.phoneNumber;
      return {
        phoneNumber: `+${number?.countryCode}${number?.purePhoneNumber}`,
        phoneVerifiedAt: new Date(scene.clock.now()).toISOString(),
      };
    },
    logIn: (username: string, input: object = {}) =>
      scene.send(
        'login',
        { code: scene.loginCode(username), appid: APPID, ...input },
        `token viewer { user { id ${NUMBER} } } phoneError { code message reason retryAfterSeconds }`,
      ),
  };
}
