// What can be tried beside a login. Each ends in one outcome.

import { showEnded, showToast } from './handset.js';
import { showOutcome, whileWaiting } from './outcome.js';
import { blocked, say } from './page.js';
import { documentOf } from './steps.js';
import { createRequestId, exchangesOf, sendGraphql, wxLogin } from './wire.js';

const LOG_OUT = 'mutation { logout { ended } }';

const logIn = (code, requestId) => sendGraphql(documentOf('login'), { variables: { input: { code, requestId } } });

/** A login whose exchange meets this fault. The phone keeps the session it has, unless it gets a new one. */
async function faulty(user, fault, { phone, beLoggedIn }) {
  const code = await wxLogin(user, fault);
  const answer = await logIn(code, createRequestId());
  if (answer.code === null) {
    const { token, viewer } = answer.data.login;
    Object.assign(phone, { token, code, openid: viewer.openid });
    beLoggedIn();
  }
  return { answer, exchanges: await exchangesOf(code), ...(answer.code === null && { action: say('doSlow') }) };
}

const experiments = {
  async viewer({ phone }) {
    const answer = await sendGraphql(documentOf('viewer'), { token: phone.token });
    return { answer, exchanges: [], ...(answer.code === null && { action: say('doViewer') }) };
  },

  async doubleTap({ phone, beLoggedIn }) {
    const code = await wxLogin(phone.user);
    const requestId = createRequestId();
    const answers = await Promise.all([logIn(code, requestId), logIn(code, requestId)]);
    const exchanges = await exchangesOf(code);
    const answer = answers.find((each) => each.code !== null) ?? answers[0];
    const raw = answers.map(({ body }) => body);
    if (answer.code !== null) return { answer, exchanges, raw };
    const { token, viewer } = answer.data.login;
    Object.assign(phone, { token, code, openid: viewer.openid });
    beLoggedIn();
    const sessions = new Set(answers.map(({ data }) => data.login.viewer.session.id)).size;
    const action = say('doDoubleTap', { exchanges: exchanges.length, sessions });
    return { answer, exchanges, raw, action };
  },

  async stolenCode({ phone }) {
    const before = (await exchangesOf(phone.code)).length;
    const answer = await logIn(phone.code, createRequestId());
    return { answer, exchanges: (await exchangesOf(phone.code)).slice(before) };
  },

  async logOut({ phone }) {
    const answer = await sendGraphql(LOG_OUT, { token: phone.token });
    if (answer.code === null) showEnded();
    return { answer, exchanges: [], ...(answer.code === null && { action: say('doLogOut') }) };
  },

  blocked: (bench) => faulty(blocked, undefined, bench),
};

/** @param name that of an experiment above, or a fault of the simulator */
export async function tryIt(name, title, bench) {
  const run = experiments[name] ?? (() => faulty(bench.phone.user, name, bench));
  const outcome = await whileWaiting(title, () => run(bench));
  showOutcome(title, outcome);
  // Somebody else's failure is none of this phone's.
  if (name !== 'stolenCode') showToast(outcome.answer);
}
