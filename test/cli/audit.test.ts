import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { UsageError } from '../../src/cli/arguments.js';
import { audit } from '../../src/cli/audit.js';
import { ban } from '../../src/cli/ban-user.js';
import { mergeUsers } from '../../src/cli/merge-users.js';
import { openStores } from '../../src/stores.js';
import { type FolderScene, openFolderScene } from '../support/folder-scene.js';
import { APPID, codeOf, createTestClock, type TestClock, type TestGateway } from '../support/test-gateway.js';
import { given, runCommand, settingsOf } from './run-command.js';

const HOUR = 3_600_000;

describe('menjin audit', () => {
  let scene: FolderScene;
  let clock: TestClock;
  let gateway: TestGateway;

  beforeEach(async () => {
    scene = await openFolderScene();
    // A command has no clock but the machine's: what happens at first happened hours ago.
    clock = createTestClock(Date.now() - 5 * HOUR);
    gateway = await scene.start({ clock });
  });

  afterEach(() => scene.close());

  const run = (options: Record<string, string>, ...flags: string[]) =>
    runCommand(settingsOf(scene.dir), (streams) => audit(given(options, ...flags), streams));
  const typesOf = async (options: Record<string, string>) =>
    (await run(options)).out.split('\n').flatMap((line) => line.split(' ')[1] ?? []);

  async function signIn(openid: string): Promise<{ token: string; id: string; sessionId: string }> {
    const { token, viewer } = (await gateway.login(codeOf(openid))).body.data.login;
    clock.advance(1);
    return { token, id: viewer.user.id, sessionId: viewer.session.id };
  }

  test('shows what happened to a user, the newest last, one line each, and nothing secret', async () => {
    const at = new Date(clock.now()).toISOString();
    const alice = await signIn('alice');
    await signIn('bob');
    await gateway.logout(alice.token);
    const { out, err, status } = await run({ user: alice.id });
    const [first, second, ...others] = out.split('\n');
    const session = `user=${alice.id} session=${alice.sessionId}`;
    expect(first).toBe(`${at} login ${session} appid=${APPID} openid=alice ip=127.0.0.1 by=code isNewUser=true`);
    expect(second).toMatch(new RegExp(`^[0-9T:.Z-]{24} logout ${session}$`));
    expect([others, err, status]).toEqual([[''], '', 0]);
    for (const secret of gateway.secrets) expect(out).not.toContain(secret);
  });

  test('finds what happened to whom an openid is of now, and what was refused to it', async () => {
    const alice = await signIn('alice');
    await signIn('bob');
    await runCommand(settingsOf(scene.dir), (streams) => ban(given({ user: alice.id }), streams));
    clock.advance(6 * HOUR);
    expect((await gateway.login(codeOf('alice'))).code).toBe('USER_BLOCKED');
    expect(await typesOf({ openid: 'alice' })).toEqual(['login', 'banned', 'login_refused']);
    expect(await typesOf({ openid: 'alice', appid: APPID })).toEqual(['login', 'banned', 'login_refused']);
    expect(await typesOf({ openid: 'alice', appid: 'wx-other' })).toEqual([]);
    expect(await typesOf({ openid: 'nobody' })).toEqual([]);
    expect((await run({ user: 'nobody' })).err).toBe('There is no user of this id.\n');
  });

  test('finds what happened to users who were merged into one, by each of their ids', async () => {
    const [alice, alicia] = [await signIn('alice'), await signIn('alicia')];
    const asked = given({ into: alice.id, user: alicia.id }, 'yes');
    await runCommand(settingsOf(scene.dir), (streams) => mergeUsers(asked, streams));
    for (const { id } of [alice, alicia])
      expect(await typesOf({ user: id })).toEqual(['login', 'login', 'users_merged']);
    const { out } = await run({ user: alice.id, type: 'users_merged' });
    expect(out).toMatch(
      new RegExp(` users_merged user=${alice.id} merged=${alicia.id} because=operator takes= drops=\n$`),
    );
  });

  test('shows what is not older than asked for, of everybody, as JSON', async () => {
    await signIn('alice');
    clock.advance(3 * HOUR);
    const at = new Date(clock.now()).toISOString();
    const bob = await signIn('bob');
    await gateway.login('bad.code-of-somebody');
    expect(await typesOf({ since: '1d' })).toEqual(['login', 'login', 'login_refused']);
    expect(await typesOf({ since: '3h' })).toEqual(['login', 'login_refused']);
    expect(await typesOf({ since: at })).toEqual(['login', 'login_refused']);
    expect(await typesOf({ since: at, type: 'login' })).toEqual(['login']);
    expect(await typesOf({ since: at, openid: 'alice' })).toEqual([]);
    expect(await typesOf({ since: '2000-01-31' })).toHaveLength(3);
    const lines = (await run({ since: at }, 'json')).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { at, type: 'login', userId: bob.id, openid: 'bob', details: { by: 'code', isNewUser: true } },
      { type: 'login_refused', userId: null, details: { code: 'CODE_INVALID', errcode: 40029 } },
    ]);
  });

  test('goes through as many pages as it takes, also of one millisecond, and acts on no terminal', async () => {
    const stores = await openStores(gateway.running.config, null);
    const event = { type: 'profile_changed', user_id: null, session_id: null, appid: null, ip: null, details: '{}' };
    await stores.database.transaction(async (sql, now) => {
      for (const n of [0, 1, 2]) {
        const rows = Array.from({ length: 400 }, (_, m) => ({
          id: `event-${n}-${m}`,
          at: now,
          openid: 'a\u001b[2J',
          ...event,
        }));
        await sql.insertInto('audit_events').values(rows).execute();
      }
    });
    await stores.close();
    const { out } = await run({ since: '1h' });
    expect(out.trimEnd().split('\n')).toHaveLength(1200);
    expect(out).not.toContain('\u001b');
    const lines = (await run({ since: '1h' }, 'json')).out.trimEnd().split('\n');
    expect(new Set(lines.map((line) => JSON.parse(line).id)).size).toBe(1200);
  });

  const misuses: [Record<string, string>, RegExp][] = [
    [{}, /^Say whose events, or since when: /],
    [{ type: 'login' }, /^Say whose events, or since when: /],
    [{ user: 'a', openid: 'b' }, /^Give --user or --openid, not both\.$/],
    [{ since: '1d', appid: 'b' }, /^The option --appid goes with --openid\.$/],
    [{ since: 'yesterday' }, /^Since is a duration like 12h or 7d, or a date like /],
    [{ since: '2026-13-45' }, /^Since is a duration/],
    [{ since: '1d', type: 'toString' }, /^The type is one of login, login_refused, /],
  ];
  test.each(misuses)('given %j says in one sentence what is missing', (options, sentence) => {
    const stream = { write: () => true };
    const call = () => audit(given(options), { out: stream, err: stream });
    expect(call).toThrow(UsageError);
    expect(call).toThrow(sentence);
  });
});
