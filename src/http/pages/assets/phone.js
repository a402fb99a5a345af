// The page of the phone: who holds it, its button, and what can be tried with it.

import { tryIt } from './experiments.js';
import { showLoggedIn, showLoggedOut, showToast, showWaiting } from './handset.js';
import { tellLogin } from './login-story.js';
import { clearOutcome, showUnreachable } from './outcome.js';
import { byId, isOfGateway, say } from './page.js';
import { unpackPhone } from './simulated-phone.js';
import { resetSteps } from './steps.js';

const status = byId('status');
const buttons = document.querySelectorAll('#wx-login, .experiment');

let phone = null;
let hold = new AbortController();
let isBusy = false;

function setBusy(busy) {
  isBusy = busy;
  for (const button of buttons) {
    if (busy) button.setAttribute('aria-disabled', 'true');
    else button.removeAttribute('aria-disabled');
  }
}

/** One thing at a time. The buttons keep the focus, so they are not disabled. */
async function alone(work, onFailure) {
  if (isBusy) return;
  setBusy(true);
  const { signal } = hold;
  try {
    await work();
  } catch {
    if (!signal.aborted) onFailure();
  } finally {
    if (!signal.aborted) setBusy(false);
  }
}

/** What is under way with the phone is nobody's business any more. */
function pickUp(user) {
  hold.abort();
  hold = new AbortController();
  setBusy(false);
  startAfresh(user);
}

function startAfresh(user) {
  phone = unpackPhone(user, hold.signal);
  for (const button of document.querySelectorAll('[data-needs-login]')) button.disabled = true;
  byId('needs-login').hidden = false;
  resetSteps();
  clearOutcome();
  showLoggedOut();
}

async function logIn() {
  startAfresh(phone.user);
  const { user, client, signal } = phone;
  showWaiting();
  phone.hear = tellLogin(signal);
  try {
    const { openid } = await client.viewer();
    beLoggedIn(phone, openid);
    status.textContent = say('loggedIn', { user });
  } catch (error) {
    if (signal.aborted || !isOfGateway(error)) throw error;
    showLoggedOut();
    showToast(error);
    status.textContent = say('loginRefused', { code: error.code });
  } finally {
    phone.hear = {};
  }
}

/** @param inHand the phone whose session it is from now on */
function beLoggedIn(inHand, openid) {
  phone = inHand;
  showLoggedIn(phone.user, openid);
  for (const button of document.querySelectorAll('[data-needs-login]')) button.disabled = false;
  byId('needs-login').hidden = true;
}

for (const choice of document.querySelectorAll('[name="person"]')) {
  choice.addEventListener('change', () => {
    pickUp(choice.value);
    status.textContent = say('readyAs', { user: choice.value });
  });
  // A browser that comes back to this page may have kept what was chosen, but not what was shown.
  if (choice.checked) pickUp(choice.value);
}

byId('wx-login').addEventListener('click', () =>
  alone(logIn, () => {
    showLoggedOut();
    status.textContent = say('notReached');
  }),
);

for (const button of document.querySelectorAll('.experiment')) {
  const title = button.querySelector('b').textContent;
  button.addEventListener('click', () =>
    alone(() => tryIt(button.dataset.experiment, title, phone, beLoggedIn), showUnreachable),
  );
}
