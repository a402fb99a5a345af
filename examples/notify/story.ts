import { Phone, type Refusal } from './phone.js';
import { TEMPLATE_ID } from './reminders.js';
import type { World } from './start-world.js';

/** A message reaches whom asked for it, once. */
export async function tellStory({ url, wechat }: World, print: (line: string) => void): Promise<void> {
  const phone = new Phone(url);
  let scenes = 0;

  function scene(text: string): void {
    scenes += 1;
    print('');
    print(`${scenes}. ${text}`);
  }

  function tell(did: string, came: string): void {
    print(`   ${did.padEnd(34)} -> ${came}`);
  }

  async function remindMe(text: string): Promise<void> {
    const answer = await phone.remindMe(text);
    tell(`remindMe "${text}"`, 'data' in answer ? (answer.data.remindMe.sent ? 'sent' : 'not sent') : said(answer));
  }

  /** What `wx.requestSubscribeMessage` does when the person taps "allow". */
  function agree(): void {
    wechat.subscribe('mei', TEMPLATE_ID);
    tell('wx.requestSubscribeMessage', 'Mei allows it');
  }

  print("A back end reminds somebody in WeChat. Every line is what Mei's phone did, and what came of it.");

  scene('Nobody is logged in, so there is nobody to remind.');
  await remindMe('Your oolong is ready');

  scene('Mei opens the mini-program: wx.login gives a code, and the code a session.');
  const answer = await phone.logIn(wechat.code('mei'));
  tell('login', 'data' in answer ? 'a token' : said(answer));

  scene('She asks for a reminder. She has not agreed to get a message, so WeChat sends none.');
  await remindMe('Your oolong is ready');

  scene('The mini-program asks her, and she agrees: to one message.');
  agree();
  await remindMe('Your oolong is ready');

  scene('What arrived on her phone:');
  for (const { data, page } of wechat.messages('mei')) print(`   "${data.thing1?.value}", a tap opens ${page}`);

  scene('That one is used up.');
  await remindMe('Your green tea is ready');

  scene('She agrees once more. A message that does not fit the template uses nothing up.');
  agree();
  await remindMe('');

  scene("Somebody else makes WeChat replace the app's access token. Mei does not notice.");
  const before = wechat.calls().length;
  wechat.revokeAccessTokens();
  await remindMe('Your green tea is ready');

  scene('What the back end asked WeChat for that: the dead token cost one call, and a new one was got.');
  for (const { path, errcode } of wechat.calls().slice(before)) tell(path, `errcode ${errcode}`);
}

function said({ refusal: { code, reason } }: { readonly refusal: Refusal }): string {
  return reason === undefined ? code : `${code}, ${reason}`;
}
