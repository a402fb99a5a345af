// A code with one click, and another to copy it.

import { wxLogin } from './wire.js';

const texts = JSON.parse(document.getElementById('texts').textContent);
const [person, code, copy, status] = ['person', 'code', 'copy', 'code-status'].map((id) => document.getElementById(id));

document.getElementById('code-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const user = person.value;
  try {
    code.textContent = await wxLogin(user);
    code.dataset.empty = 'false';
    copy.disabled = false;
    status.textContent = texts.fresh.replace('{user}', user);
  } catch {
    status.textContent = texts.failed;
  }
});

copy.addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(code.textContent);
    status.textContent = texts.copied;
  } catch {
    getSelection().selectAllChildren(code);
    status.textContent = texts.copyFailed;
  }
});
