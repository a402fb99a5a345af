import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FetchJsonError, fetchJson } from '../../src/fetch-json.js';
import { createSimulator, type Fault, type Simulator } from '../../src/simulator/index.js';
import { createSimulatedWechat, type SimulatedWechat } from '../../src/simulator/simulated-wechat.js';
import { createFetchInMemory } from '../../src/testing/fetch-in-memory.js';
import { start } from './gateways.js';

const credentials = { appid: 'wx1', secret: 'secret' };
const inMemory = createSimulatedWechat(credentials);
const fetchInMemory = createFetchInMemory(inMemory.answer);

let simulator: Simulator;

beforeEach(async () => {
  simulator = await createSimulator(credentials);
});

afterEach(() => simulator.close());

/** What two exchanges of one code give, with what differs from code to code left out. */
async function exchangeTwice(fetch: typeof fetchJson, origin: string, wechat: SimulatedWechat, fault: Fault | null) {
  wechat.fail(fault, { times: 1 });
  const { appid, secret } = wechat;
  const query = { appid, secret, js_code: wechat.code('alice'), grant_type: 'authorization_code' };
  // Long enough for what is slow, and for what hangs on a busy machine.
  const ask = () => fetch({ url: `${origin}/sns/jscode2session`, query, timeoutMs: 4_000 }).then(formOf, kindOf);
  return [await ask(), await ask()];
}

function formOf({ status, body }: { status: number; body: unknown }) {
  const { errcode, openid } = body as { errcode?: number; openid?: string };
  return { status, errcode, openid, fields: Object.keys(body as object) };
}

function kindOf(error: unknown) {
  if (error instanceof FetchJsonError) return error.kind;
  throw error;
}

describe('in memory an exchange and the next one of the same code end as over the wire:', () => {
  test.each<[Fault | null, unknown, unknown]>([
    [null, { status: 200 }, { errcode: 40163 }],
    ['busy', { errcode: -1 }, { status: 200 }],
    [40226, { errcode: 40226 }, { status: 200 }],
    ['slow', { status: 200 }, { errcode: 40163 }],
    ['hang', 'timeout', { status: 200 }],
    ['cut', 'reset', { errcode: 40163 }],
    ['html', 'not_json', { status: 200 }],
    ['truncated', 'not_json', { errcode: 40163 }],
  ])('%s', async (fault, first, second) => {
    const answers = await exchangeTwice(fetchInMemory, 'https://api.weixin.qq.com', inMemory.wechat, fault);
    expect(answers).toEqual(await exchangeTwice(fetchJson, simulator.url, simulator, fault));
    for (const [index, expected] of [first, second].entries()) {
      if (typeof expected === 'string') expect(answers[index]).toBe(expected);
      else expect(answers[index]).toMatchObject(expected as object);
    }
  });
});

test('in memory WeChat has no other path and no other method, as over the wire', async () => {
  const request = { url: 'https://api.weixin.qq.com/cgi-bin/token', timeoutMs: 1 };
  expect((await fetchInMemory(request)).body).toMatchObject({ errcode: 40066 });
  const posted = { ...request, url: 'https://api.weixin.qq.com/sns/jscode2session', body: {} };
  expect((await fetchInMemory(posted)).body).toMatchObject({ errcode: 43001 });
});

test('a back end that calls WeChat in its own name is tested in memory, too', async () => {
  const gateway = await start({
    typeDefs: 'extend type Mutation { remindMe: Boolean! }',
    resolvers: {
      Mutation: {
        remindMe: async (_root, _args, { wechat }) => {
          await wechat.subscribeMessage.send({ templateId: 'reminder', data: { thing1: 'milk' } });
          return true;
        },
      },
    },
  });
  const alice = await gateway.signInAs('alice');
  const unasked = await alice.graphql('mutation { remindMe }');
  expect(unasked.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'NOT_SUBSCRIBED' });
  gateway.wechat.subscribe('alice', 'reminder');
  expect((await alice.graphql('mutation { remindMe }')).data).toEqual({ remindMe: true });
  expect(gateway.wechat.messages('alice').map(({ data }) => data)).toEqual([{ thing1: { value: 'milk' } }]);

  const input = { code: gateway.wechat.phoneCode('alice') };
  const bind =
    'mutation ($input: BindPhoneNumberInput!) { bindPhoneNumber(input: $input) { viewer { user { phoneNumber } } } }';
  const bound = await alice.graphql<{ bindPhoneNumber: { viewer: { user: { phoneNumber: string } } } }>(bind, {
    input,
  });
  expect(bound.data?.bindPhoneNumber.viewer.user.phoneNumber).toMatch(/^\+86199\d{8}$/);
});
