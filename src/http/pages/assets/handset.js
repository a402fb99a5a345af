// What the person sees on the phone.

import { byId, has, say } from './page.js';

const handset = byId('handset');
const toast = byId('toast');

function draw(mood, { avatar, title, text, openid = '' }) {
  handset.dataset.mood = mood;
  byId('avatar').textContent = avatar;
  byId('screen-title').textContent = title;
  byId('screen-text').textContent = text;
  byId('screen-openid').textContent = openid;
  toast.hidden = true;
}

export function showLoggedOut() {
  draw('out', { avatar: '?', title: say('screenOut'), text: say('screenOutText') });
}

export function showWaiting() {
  draw('waiting', { avatar: '…', title: say('screenWaiting'), text: '' });
}

export function showLoggedIn(user, openid) {
  const avatar = user.charAt(0).toUpperCase();
  draw('in', { avatar, title: say('screenIn', { user }), text: say('screenInText'), openid });
}

export function showEnded() {
  draw('out', { avatar: '?', title: say('screenEnded'), text: say('screenEndedText') });
}

/** What a mini-program would tell the person about this answer; nothing about a good one. */
export function showToast({ code, retryAfterSeconds }) {
  toast.hidden = code === null;
  if (code === null) return;
  const key = has(`toast${code}`) ? `toast${code}` : 'toastOther';
  toast.textContent = say(key, { seconds: retryAfterSeconds ?? 1 });
}
