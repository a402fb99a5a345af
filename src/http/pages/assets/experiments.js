// What can be tried with the phone. Each ends in one outcome.

import { showEnded, showToast } from './handset.js';
import { showOutcome, whileWaiting } from './outcome.js';
import { blocked, isOfGateway } from './page.js';
import { loginOf, unpackPhone } from './simulated-phone.js';
import { askAs, createRequestId, exchangesOf } from './wire.js';

const LOG_OUT = 'mutation { logout { ended } }';
const VIEWER = '{ viewer { openid } }';

const askViewer = async ({ client }) => ({ viewer: await client.viewer() });
const tokenOf = (phone) => loginOf(phone).answer.data.login.token;

/**
 * What happens with the phone; or, where there is `onNew`, with another one, just unpacked like this. A `viewer` is who
 * is logged in in the end; a `refusal` is not the client's, but somebody else's.
 */
const experiments = {
  viewer: { run: askViewer },

  doubleTap: {
    onNew: {},
    async run({ client }) {
      const [viewer] = await Promise.all([client.viewer(), client.viewer()]);
      return { viewer };
    },
  },

  lostAnswer: { onNew: { loses: 'login' }, run: askViewer },

  sessionEnded: {
    async run(phone) {
      await phone.client.login();
      await askAs('byElsewhere', phone.journal, LOG_OUT, { token: tokenOf(phone) });
      return askViewer(phone);
    },
  },

  stolenCode: {
    async run(phone) {
      await phone.client.login();
      const { query, variables } = loginOf(phone);
      const { code } = variables.input;
      const before = await exchangesOf(code);
      const input = { code, requestId: createRequestId() };
      const refusal = await askAs('byThief', phone.journal, query, { variables: { input } });
      return { refusal, exchanges: (await exchangesOf(code)).slice(before.length) };
    },
  },

  logOut: {
    async run(phone) {
      await phone.client.login();
      const token = tokenOf(phone);
      await phone.client.logout();
      await askAs('byCopy', phone.journal, VIEWER, { token });
      return { hasLoggedOut: true };
    },
  },

  blocked: { onNew: { user: blocked }, run: askViewer },
};

/**
 * @param name that of an experiment above, or a fault of the simulator
 * @param inHand the phone, which gives way to the one on which somebody has logged in: then `beLoggedIn` is called
 */
export async function tryIt(name, title, inHand, beLoggedIn) {
  const { onNew, run } = experiments[name] ?? { onNew: { fault: name }, run: askViewer };
  const phone = onNew === undefined ? inHand : unpackPhone(inHand.user, inHand.signal, onNew);
  const outcome = await whileWaiting(title, phone, () => run(phone).catch(toFailure));
  const exchanges = outcome.exchanges ?? (await exchangesOfAll(outcome.entries));
  phone.signal.throwIfAborted();

  const { viewer, hasLoggedOut, failure } = outcome;
  if (hasLoggedOut) showEnded();
  if (viewer) beLoggedIn(phone, viewer.openid);
  showOutcome(name, title, { ...outcome, exchanges });
  if (failure) showToast(failure);
}

function toFailure(error) {
  if (isOfGateway(error)) return { failure: error };
  throw error;
}

async function exchangesOfAll(entries) {
  const codes = entries.filter(({ call }) => call === 'wx.login').map(({ code }) => code);
  return (await Promise.all(codes.map(exchangesOf))).flat();
}
