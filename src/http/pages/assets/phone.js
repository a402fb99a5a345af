// A mini-program's side of a login, made visible.

import { tryIt } from './experiments.js';
import { showLoggedIn, showLoggedOut, showToast, showWaiting } from './handset.js';
import { clearOutcome, showUnreachable } from './outcome.js';
import { byId, pretty, say } from './page.js';
import { documentOf, fill, fillJson, mark, pause, resetSteps, showPart } from './steps.js';
import { createRequestId, exchangesOf, sendGraphql, sha256, wxLogin } from './wire.js';

const status = byId('status');
const buttons = document.querySelectorAll('#wx-login, .experiment');

/** What the phone has: who holds it, the code it used last, and the token of its session. */
const phone = { user: '', code: null, requestId: null, token: null, openid: null };
let isBusy = false;

/** One thing at a time. The buttons keep the focus, so they are not disabled. */
async function alone(work, onFailure) {
  if (isBusy) return;
  isBusy = true;
  for (const button of buttons) button.setAttribute('aria-disabled', 'true');
  try {
    await work();
  } catch {
    onFailure();
  } finally {
    isBusy = false;
    for (const button of buttons) button.removeAttribute('aria-disabled');
  }
}

function pickUp(user) {
  Object.assign(phone, { user, code: null, requestId: null, token: null, openid: null });
  for (const button of document.querySelectorAll('[data-needs-login]')) button.disabled = true;
  byId('needs-login').hidden = false;
  resetSteps();
  clearOutcome();
  showLoggedOut();
}

async function logIn() {
  pickUp(phone.user);
  showWaiting();
  mark('wxLogin', 'now');
  phone.code = await wxLogin(phone.user);
  fill({ code: phone.code });
  mark('wxLogin', 'done');
  await pause();

  mark('login', 'now');
  phone.requestId = createRequestId();
  const variables = { input: { code: phone.code, requestId: phone.requestId } };
  fillJson('variables', variables, phone.code);
  mark('login', 'done');
  await pause();

  mark('exchange', 'now');
  const answer = await sendGraphql(documentOf('login'), { variables });
  const [exchange] = (await exchangesOf(phone.code)).slice(-1);
  fill({ path: exchange?.path, appid: exchange?.appid });
  fillJson('loginAnswer', answer.body, answer.code ?? answer.data.login.token);
  if (answer.code === null) await enter(exchange, answer);
  else await turnAway(exchange, answer);
}

async function enter({ outcome }, answer) {
  const { token, expiresAt, viewer } = answer.data.login;
  showPart('unionid', outcome.unionid !== null);
  fill({ maskedOpenid: outcome.openid, maskedUnionid: outcome.unionid });
  mark('exchange', 'done');
  await pause();

  mark('session', 'now');
  const tokenHash = await sha256(token);
  fill({
    tokenHash: tokenHash && `${tokenHash.slice(0, 32)}…`,
    sessionId: viewer.session.id,
    userId: viewer.user.id,
    expiresAt,
  });
  mark('session', 'done');
  await pause();

  mark('token', 'now');
  phone.token = token;
  mark('token', 'done');
  await pause();

  mark('viewer', 'now');
  const asked = await sendGraphql(documentOf('viewer'), { token });
  fill({ shortToken: `${token.slice(0, 8)}…` });
  fillJson('viewerAnswer', asked.body, asked.data.viewer.openid);
  mark('viewer', 'done');
  await pause();

  phone.openid = asked.data.viewer.openid;
  beLoggedIn();
}

function beLoggedIn() {
  showLoggedIn(phone.user, phone.openid);
  for (const button of document.querySelectorAll('[data-needs-login]')) button.disabled = false;
  byId('needs-login').hidden = true;
  status.textContent = say('loggedIn', { user: phone.user });
}

/** WeChat or the gateway said no: the steps show where the login ended. */
async function turnAway(exchange, answer) {
  if (exchange?.outcome.kind === 'errcode') {
    const { errcode, errmsg } = exchange.outcome;
    fill({ exchangeRefusal: pretty({ errcode, errmsg }) });
    showPart('exchange-answer', false);
    showPart('exchange-refusal', true);
  }
  mark('exchange', 'failed');
  fill({ nothingStored: say('nothingStored'), viewerAnswer: say('notSent') });
  showPart('stored', false);
  showPart('not-stored', true);
  mark('session', 'skipped');
  mark('token', 'failed');
  mark('viewer', 'skipped');
  showLoggedOut();
  showToast(answer);
  status.textContent = say('loginRefused', { code: answer.code });
}

for (const choice of document.querySelectorAll('[name="person"]')) {
  choice.addEventListener('change', () => {
    pickUp(choice.value);
    status.textContent = say('readyAs', { user: choice.value });
  });
  if (choice.checked) phone.user = choice.value;
}
// A browser that comes back to this page may have kept what was chosen, but not what was shown.
pickUp(phone.user);

byId('wx-login').addEventListener('click', () =>
  alone(logIn, () => {
    showLoggedOut();
    status.textContent = say('notReached');
  }),
);

for (const button of document.querySelectorAll('.experiment')) {
  const title = button.querySelector('b').textContent;
  button.addEventListener('click', () =>
    alone(() => tryIt(button.dataset.experiment, title, { phone, beLoggedIn }), showUnreachable),
  );
}
