import {
  AccountDocument,
  type AccountQuery,
  ChangePasswordDocument,
  CloseAccountDocument,
  LinkIdentityDocument,
  RegisterDocument,
  ViewerDocument,
} from './generated/graphql.js';
import { type App, OpenApp, type World } from './phone.js';
import { createTeller, type Teller } from './teller.js';

/** Two mini-programs of one shop. They are one tenant: a person is one user in both. */
export const TEA: App = { name: 'Tea', appid: 'wx7ea0000000000001' };
export const CUPS: App = { name: 'Cups', appid: 'wx7ea0000000000002' };

const OLD = { username: 'mei', password: 'oolong and rain' };
const NEW = { username: 'mei', password: 'oolong and sun' };

/** One person, many doors. */
export async function tellStory(world: World, print: (line: string) => void): Promise<void> {
  const teller = createTeller(print);
  const { scene } = teller;
  const tea = new OpenApp(world, 'Mei', TEA);
  const cups = new OpenApp(world, 'Mei', CUPS);
  const elsewhere = new OpenApp(world, 'Lin', TEA);

  print('One person, two mini-programs, a password. Every line is a request, and what came back.');

  scene('Mei opens Tea. She types nothing: wx.login gives a code, and the first login makes a user.');
  await logIn(teller, tea);

  scene('She opens Cups. Her openid is another one there, so menjin cannot know that it is her.');
  await logIn(teller, cups);

  scene('In Tea she chooses a username, for the day on which she has another phone at hand.');
  await register(teller, tea, 'oolong');
  await register(teller, tea, OLD.password);

  scene('Cups hands Tea a fresh code, and Tea asks Mei: is that you, too? A code proves that it is.');
  await link(teller, tea, cups, false);
  await link(teller, tea, cups, true);

  scene('User 2 has become user 1, and its sessions have ended. Cups logs in again, silently.');
  await ask(teller, cups);
  await logIn(teller, cups);

  scene('One user, two identities, and where she is logged in.');
  await showAccount(teller, tea);

  scene("Mei is at a friend's. On his phone, in his WeChat, she logs in to her own account.");
  await logInWithPassword(teller, elsewhere, { ...OLD, password: 'green tea' });
  await logInWithPassword(teller, elsewhere, OLD);

  scene("The phone is still Lin's: his openid, her user. Neither of them was changed.");
  await ask(teller, elsewhere);
  await showAccount(teller, tea);

  scene("At home she changes her password. All her other sessions end, also the one on Lin's phone.");
  await changePassword(teller, tea);
  await ask(teller, tea);
  await ask(teller, elsewhere);
  await logInWithPassword(teller, elsewhere, OLD);

  scene("Lin's phone logs in by code, and is Lin's again: his openid, his user.");
  await logIn(teller, elsewhere);
  await ask(teller, elsewhere);

  scene('Mei has had enough tea. A fresh code proves once more that it is her, and the account is closed.');
  await closeAccount(teller, tea);
  await ask(teller, tea);
  await logInWithPassword(teller, elsewhere, NEW);

  scene('Her identities are free. Should she ever come back, she is somebody new.');
  await logIn(teller, tea);
}

async function logIn({ tell, user }: Teller, app: OpenApp): Promise<void> {
  tell(app, 'login', 'code', await app.logIn(), ({ login }) => {
    return `${user(login.viewer.user.id)}${login.isNewUser ? ', new' : ''}`;
  });
}

async function logInWithPassword({ tell, user }: Teller, app: OpenApp, account: typeof OLD): Promise<void> {
  const answer = await app.logInWithPassword(account);
  tell(app, 'loginWithPassword', `code, "${account.password}"`, answer, ({ loginWithPassword: { viewer } }) => {
    return `${user(viewer.user.id)}, ${viewer.user.username}`;
  });
}

async function ask({ tell, user }: Teller, app: OpenApp): Promise<void> {
  tell(app, 'viewer', '', await app.request(ViewerDocument, {}), ({ viewer }) => {
    return viewer === null ? 'nobody' : `openid ${shortened(viewer.openid)} as ${user(viewer.user.id)}`;
  });
}

async function register({ tell, user }: Teller, app: OpenApp, password: string): Promise<void> {
  const answer = await app.request(RegisterDocument, { input: { username: OLD.username, password } });
  tell(app, 'register', `${OLD.username}, "${password}"`, answer, ({ register: { viewer } }) => {
    return `${user(viewer.user.id)}, ${viewer.user.username}`;
  });
}

/** In a mini-program the code comes along with `wx.navigateToMiniProgram`, in its `extraData`. */
async function link({ tell, user }: Teller, app: OpenApp, other: OpenApp, merge: boolean): Promise<void> {
  const input = { code: other.wxLogin(), appid: other.app.appid, merge };
  const sent = `code of ${other.app.name}${merge ? ', merge' : ''}`;
  tell(app, 'linkIdentity', sent, await app.request(LinkIdentityDocument, { input }), ({ linkIdentity }) => {
    return user(linkIdentity.viewer.user.id);
  });
}

async function changePassword({ tell }: Teller, app: OpenApp): Promise<void> {
  const input = { currentPassword: OLD.password, newPassword: NEW.password };
  const answer = await app.request(ChangePasswordDocument, { input });
  tell(app, 'changePassword', `to "${NEW.password}"`, answer, ({ changePassword: { sessionsEnded } }) => {
    return `${sessionsEnded} sessions ended`;
  });
}

async function closeAccount({ tell }: Teller, app: OpenApp): Promise<void> {
  const answer = await app.request(CloseAccountDocument, { input: { code: app.wxLogin() } });
  tell(app, 'closeAccount', 'code', answer, ({ closeAccount: { closed } }) => (closed ? 'closed' : 'open'));
}

async function showAccount({ tell, user }: Teller, app: OpenApp): Promise<void> {
  tell(app, 'viewer', '', await app.request(AccountDocument, {}), ({ viewer }) => {
    return viewer === null ? 'nobody' : linesOf(viewer, user(viewer.user.id));
  });
}

function linesOf({ user, sessions }: NonNullable<AccountQuery['viewer']>, name: string): string[] {
  const identities = user.identities.map(({ appid, openid }) => `identity  ${nameOf(appid)} ${shortened(openid)}`);
  const lines = sessions.map(({ appid, device, current }) => {
    return `session   ${nameOf(appid)} on ${device}${current ? ', this one' : ''}`;
  });
  return [`${name}, ${user.username}`, ...identities, ...lines];
}

function nameOf(appid: string): string {
  return (appid === TEA.appid ? TEA.name : CUPS.name).padEnd(4);
}

function shortened(openid: string): string {
  return `${openid.slice(0, 6)}..`;
}
