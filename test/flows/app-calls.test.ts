import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { AppError, type GatewayContext } from '../../src/index.js';
import { OTHER_APPID, openSimulatorScene, type Person, type SimulatorScene } from '../support/simulator-scene.js';
import { type Answer, APP_SECRET, APPID, type TestGateway } from '../support/test-gateway.js';

const TEMPLATE = 'template-of-a-reminder';
const TOKEN_PATH = '/cgi-bin/stable_token';
const SEND_PATH = '/cgi-bin/message/subscribe/send';
const DEAD = `mj_${'x'.repeat(43)}`;

/** What tests ask of `context.wechat`, in JSON: what it answers, in JSON. */
@Resolver()
class CallingResolver {
  @Query(() => String)
  async call(@Arg('json', () => String) json: string, @Ctx() { wechat }: GatewayContext): Promise<string> {
    return JSON.stringify(await wechat.call(JSON.parse(json)));
  }

  @Query(() => String)
  async send(@Arg('json', () => String) json: string, @Ctx() { wechat }: GatewayContext): Promise<string> {
    await wechat.subscribeMessage.send(JSON.parse(json));
    return 'sent';
  }

  @Query(() => String)
  async check(@Arg('json', () => String) json: string, @Ctx() { wechat }: GatewayContext): Promise<string> {
    return JSON.stringify(await wechat.msgSecCheck(JSON.parse(json)));
  }
}

/** What an AppError says of itself; throws what is none. */
function refusalOf(error: unknown) {
  if (!(error instanceof AppError)) throw error;
  return { code: error.code, reason: error.reason ?? null, errcode: 'errcode' in error ? error.errcode : null };
}

const own = { resolvers: [CallingResolver] };
const message = { templateId: TEMPLATE, data: { thing1: 'Tea', number2: 3 }, page: 'pages/orders/show?id=7' };

describe("a call in the viewer's app's name", () => {
  let scene: SimulatorScene;
  let alice: Person;

  beforeAll(async () => {
    scene = await openSimulatorScene({ own });
    alice = await scene.signIn({ username: 'alice' });
  });
  afterAll(() => scene?.close());

  const ask = (
    field: 'call' | 'send' | 'check',
    asked: object,
    token: string | null = alice.token,
    gateway = scene.gateway,
  ): Promise<Answer> =>
    gateway.graphql(`query ($json: String!) { ${field}(json: $json) }`, {
      token,
      variables: { json: JSON.stringify(asked) },
    });

  /** As WeChat gives it to whoever has the secret. */
  async function accessToken(appid: string): Promise<string> {
    const body = JSON.stringify({ grant_type: 'client_credential', appid, secret: APP_SECRET });
    const answer = await (await fetch(`${scene.simulator.url}${TOKEN_PATH}`, { method: 'POST', body })).json();
    return (answer as { access_token: string }).access_token;
  }

  const refusalIn = ({ status, body }: Answer) => [status, body.errors[0].extensions] as const;

  test('sends what the viewer has asked for, to the viewer, as often as they have', async () => {
    const none = await ask('send', message);
    expect(refusalIn(none)).toMatchObject([200, { code: 'FORBIDDEN', reason: 'NOT_SUBSCRIBED' }]);
    scene.simulator.subscribe('alice', TEMPLATE);
    const { body } = await ask('send', { ...message, miniprogramState: 'trial', lang: 'en_US' });
    expect(body.data.send).toBe('sent');
    expect(scene.simulator.messages('alice')).toMatchObject([
      {
        ...{ appid: APPID, openid: alice.openid, templateId: TEMPLATE, page: message.page },
        data: { thing1: { value: 'Tea' }, number2: { value: '3' } },
      },
    ]);
    expect((await ask('send', message)).code).toBe('FORBIDDEN');
    expect(scene.simulator.messages('alice')).toHaveLength(1);
  });

  test('that is not of the form of its template is told apart, and does not use the subscription up', async () => {
    scene.simulator.subscribe('alice', TEMPLATE);
    const before = scene.gateway.logLines.length;
    const answer = await ask('send', { ...message, data: { thing1: '' } });
    expect(refusalIn(answer)).toMatchObject([400, { code: 'BAD_USER_INPUT', reason: 'TEMPLATE_DATA' }]);
    const [line] = scene.gateway.logLines.slice(before).filter(({ code }) => code === 'BAD_USER_INPUT');
    expect(line).toMatchObject({ appid: APPID, errcode: 47003, path: SEND_PATH, templateField: 'thing1' });
    expect((await ask('send', message)).code).toBeNull();
  });

  test('asks what WeChat thinks of a text', async () => {
    const verdicts: unknown[] = [];
    for (const content of ['tea', 'for review', 'so risky']) {
      verdicts.push(JSON.parse((await ask('check', { content, scene: 'comment' })).body.data.check));
    }
    expect(verdicts).toMatchObject([
      { suggest: 'pass', label: 100, traceId: expect.any(String) },
      { suggest: 'review' },
      { suggest: 'risky' },
    ]);
  });

  test('may be any: GET, or POST of a body', async () => {
    const posted = await ask('call', {
      path: '/wxa/business/getuserphonenumber',
      body: { code: scene.phoneCode('alice') },
    });
    expect(JSON.parse(posted.body.data.call)).toMatchObject({ errcode: 0, phone_info: { countryCode: '86' } });
    const got = await ask('call', { path: '/wxa/checksession', query: { openid: alice.openid, sig_method: 'none' } });
    expect(refusalIn(got)).toMatchObject([500, { code: 'INTERNAL_SERVER_ERROR' }]);
    expect(scene.gateway.logLines.at(-1)).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', errcode: 87008 });
  });

  test.each([
    ['path', { path: 'wxa/checksession' }],
    ['path', { path: '/wxa/checksession?openid=x' }],
    ['path', { path: '/../x' }],
    ['query', { path: '/wxa/checksession', query: { access_token: 'x' } }],
    ['timeoutMs', { path: '/wxa/checksession', timeoutMs: 0 }],
  ])('that is none is a mistake of the back end, and never sent: %s', async (_, asked) => {
    const before = scene.simulator.calls().length;
    expect((await ask('call', asked)).code).toBe('INTERNAL_SERVER_ERROR');
    expect(scene.simulator.calls()).toHaveLength(before);
  });

  test('needs a viewer, unless an openid is named; a token that is worth nothing is not nobody', async () => {
    const named = { ...message, openid: alice.openid };
    const before = scene.simulator.calls().length;
    expect((await ask('send', message, null)).code).toBe('UNAUTHENTICATED');
    expect((await ask('check', { content: 'tea', scene: 'forum' }, null)).code).toBe('UNAUTHENTICATED');
    expect((await ask('send', message, DEAD)).code).toBe('UNAUTHENTICATED');
    expect(scene.simulator.calls()).toHaveLength(before);
    scene.simulator.subscribe('alice', TEMPLATE);
    expect((await ask('send', named, null)).code).toBeNull();
  });

  test('is answered, too, when its access token was revoked since the last one', async () => {
    scene.simulator.subscribe('alice', TEMPLATE, { times: 2 });
    expect((await ask('send', message)).code).toBeNull();
    const [first, before] = [await accessToken(APPID), scene.simulator.calls().length];
    scene.simulator.revokeAccessTokens(APPID);
    expect((await ask('send', message)).code).toBeNull();
    expect(scene.simulator.calls().slice(before)).toMatchObject([
      { path: SEND_PATH, errcode: 40001 },
      { path: TOKEN_PATH, errcode: 0 },
      { path: SEND_PATH, errcode: 0 },
    ]);
    expect(await accessToken(APPID)).not.toBe(first);
  });

  test('never shows its access token: not in an answer, not in the log, not in a metric, not in a store', async () => {
    const token = await accessToken(APPID);
    // As the harness has seen it, too: it searches all that is given out, and the stores at the end.
    expect([token.length > 100, scene.gateway.secrets.has(token)]).toEqual([true, true]);
    for (const fault of ['html', 40003, 'truncated', 42001] as const) {
      scene.simulator.fail(fault, { times: 1, path: SEND_PATH });
      await ask('send', message);
    }
    const [row] = await scene.stores.ask<{ token: string }>('SELECT token FROM access_tokens');
    expect(row?.token).toEqual(expect.any(String));
    const given = [
      JSON.stringify(scene.gateway.logLines),
      await scene.gateway.running.metricsText(),
      ...(await scene.stores.texts()),
    ];
    for (const text of given) expect(text).not.toContain(token);
  });

  describe('where there are several apps', () => {
    let several: SimulatorScene;
    let gateway: TestGateway;
    let carol: Person;

    beforeAll(async () => {
      several = await openSimulatorScene({ own, apps: 2 });
      gateway = several.gateway;
      carol = await several.signIn({ username: 'carol', appid: OTHER_APPID });
    });
    afterAll(() => several?.close());

    test("is in that of the viewer's, or of the one that is named with an openid", async () => {
      several.simulator.subscribe('carol', TEMPLATE, { appid: OTHER_APPID, times: 2 });
      several.simulator.subscribe('bob', TEMPLATE);
      const bob = several.simulator.users.find(({ username }) => username === 'bob')?.openid;
      expect((await ask('send', message, carol.token, gateway)).code).toBeNull();
      expect((await ask('send', { ...message, appid: OTHER_APPID }, carol.token, gateway)).code).toBeNull();
      expect((await ask('send', { ...message, appid: APPID, openid: bob }, carol.token, gateway)).code).toBeNull();
      expect(several.simulator.messages().map(({ appid, username }) => [appid, username])).toEqual([
        [OTHER_APPID, 'carol'],
        [OTHER_APPID, 'carol'],
        [APPID, 'bob'],
      ]);
    });

    test("is none with the viewer's openid of another app, an app that is not there, or none at all", async () => {
      const before = several.simulator.calls().length;
      for (const [asked, token, code] of [
        [{ ...message, appid: APPID }, carol.token, 'INTERNAL_SERVER_ERROR'],
        [{ ...message, appid: 'wxnobody' }, carol.token, 'UNKNOWN_APP'],
        [message, null, 'UNAUTHENTICATED'],
        [{ ...message, openid: carol.openid }, null, 'UNAUTHENTICATED'],
        [message, DEAD, 'UNAUTHENTICATED'],
      ] as const) {
        expect((await ask('send', asked, token, gateway)).code).toBe(code);
      }
      expect(several.simulator.calls()).toHaveLength(before);
    });

    test('by a job, which has no viewer, names whom it is about', async () => {
      const { wechatApi } = gateway.running;
      several.simulator.subscribe('carol', TEMPLATE, { appid: OTHER_APPID });
      const to = { appid: OTHER_APPID, openid: carol.openid };
      await wechatApi.subscribeMessage.send({ ...message, ...to });
      expect(several.simulator.messages('carol').at(-1)).toMatchObject({ openid: carol.openid });
      expect(await wechatApi.msgSecCheck({ content: 'tea', scene: 'forum', ...to })).toMatchObject({ suggest: 'pass' });
      const phone = { path: '/wxa/business/getuserphonenumber', appid: OTHER_APPID };
      const code = several.phoneCode('carol', OTHER_APPID);
      expect(await wechatApi.call({ ...phone, body: { code } })).toMatchObject({ phone_info: expect.anything() });

      const { send } = wechatApi.subscribeMessage;
      const refusals = [
        [() => send({ ...message, ...to }), { code: 'FORBIDDEN', reason: 'NOT_SUBSCRIBED', errcode: 43101 }],
        [
          () => send({ ...message, ...to, data: { thing1: '' } }),
          { code: 'BAD_USER_INPUT', reason: 'TEMPLATE_DATA', errcode: 47003 },
        ],
        [() => wechatApi.call({ ...phone, body: { code } }), { code: 'CODE_INVALID', errcode: 40029 }],
        [() => send({ ...message, appid: OTHER_APPID }), { code: 'UNAUTHENTICATED', errcode: null }],
        [
          () => wechatApi.call({ path: '/wxa/checksession', appid: 'wxnobody' }),
          { code: 'UNKNOWN_APP', errcode: null },
        ],
        [() => wechatApi.call({ path: '/wxa/checksession' }), { code: 'UNAUTHENTICATED', errcode: null }],
      ] as const;
      for (const [asked, refusal] of refusals) {
        expect(await asked().then(() => 'answered', refusalOf)).toMatchObject(refusal);
      }
    });
  });
});
