import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  answerJson,
  answerText,
  answerWith,
  type Behaviour,
  type StandInWechat,
  startStandInWechat,
} from '../support/stand-in-wechat.js';
import { type Answer, codeOf, freshRequestId, startTestGateway, type TestGateway } from '../support/test-gateway.js';

const SESSION_KEY = 'SessionKey00AAAAAAAAAA==';
const good = { openid: 'alice', session_key: SESSION_KEY };

let wechat: StandInWechat;
let gateway: TestGateway;

beforeEach(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({ wechatApiUrl: wechat.url });
});

afterEach(async () => {
  await gateway.close();
  await wechat.close();
});

const LOGGED_IN = { status: 200, code: null, calls: 1 };
const UNAVAILABLE = { status: 503, code: 'PLATFORM_UNAVAILABLE', calls: 1 };

/** What a login is answered when WeChat behaves like this, and for how many calls. */
async function outcomeOf(behaviour: Behaviour) {
  wechat.behaviour = behaviour;
  wechat.calls.length = 0;
  const { status, code, body } = await gateway.login(codeOf('alice'), { requestId: freshRequestId() });
  if (code !== null) expect(body.data).toBeNull();
  return { status, code, calls: wechat.calls.length };
}

/** Nothing was kept of who was named: no session, and no user. */
async function expectNobodyCame(): Promise<void> {
  expect(gateway.sessionFaults.calls).not.toContain('set');
  await expectNew('alice');
}

async function expectNew(openid: string): Promise<void> {
  wechat.behaviour = null;
  expect((await gateway.login(codeOf(openid))).body.data.login.isNewUser).toBe(true);
}

function lineOf(answer: Answer) {
  return gateway.logLines.find((line) => line.requestId === answer.headers['x-request-id'] && 'code' in line);
}

describe('an answer', () => {
  test.each(['text/html', 'application/json'])(
    'that is an HTML page, labelled %s, logs nobody in, and nothing of it comes out',
    async (contentType) => {
      const page = `<html>${JSON.stringify(good)} canary-of-a-page</html>`;
      wechat.behaviour = answerText(page, contentType);
      const answer = await gateway.login(codeOf('alice'), { requestId: freshRequestId() });
      expect([answer.status, answer.code]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
      expect(JSON.stringify(answer.body)).not.toContain('canary-of-a-page');
      expect(JSON.stringify(gateway.logLines)).not.toContain('canary-of-a-page');
      await expectNobodyCame();
    },
  );

  test('that is JSON labelled as text is read', async () => {
    expect(await outcomeOf(answerText(JSON.stringify(good), 'text/plain'))).toEqual(LOGGED_IN);
  });

  test.each(['', 'null', '"null"', '[]', '[{}]', '7', 'true'])('that is %j logs nobody in', async (body) => {
    expect(await outcomeOf(answerText(body))).toEqual(UNAVAILABLE);
    await expectNobodyCame();
  });

  test('that is cut inside the session_key logs nobody in, and no piece of it is logged', async () => {
    expect(await outcomeOf(answerText(JSON.stringify(good).slice(0, -12)))).toEqual(UNAVAILABLE);
    expect(JSON.stringify(gateway.logLines)).not.toContain(SESSION_KEY.slice(0, 8));
    await expectNobodyCame();
  });

  const noOpenids: readonly (readonly [string, object])[] = [
    ['{}', {}],
    ['no openid', { session_key: SESSION_KEY }],
    ['an empty openid', { ...good, openid: '' }],
    ['an openid of null', { ...good, openid: null }],
    ['an openid that is a number', { ...good, openid: 7 }],
    ['an openid that is a list', { ...good, openid: ['alice'] }],
    ['an openid of 4 KB', { ...good, openid: 'o'.repeat(4096) }],
  ];

  test.each(noOpenids)('with %s logs nobody in', async (_title, answer) => {
    expect(await outcomeOf(answerJson(answer))).toEqual(UNAVAILABLE);
    expect(gateway.sessionFaults.calls).not.toContain('set');
  });

  test('with an openid counts when its errcode is 0 or absent, and else its errcode does', async () => {
    for (const errcode of [{}, { errcode: 0 }, { errcode: '0' }]) {
      expect(await outcomeOf(answerJson({ ...good, ...errcode }))).toEqual(LOGGED_IN);
    }
    gateway.sessionFaults.calls.length = 0;
    for (const errcode of [40029, '40029']) {
      expect(await outcomeOf(answerJson({ ...good, errcode }))).toEqual({
        status: 200,
        code: 'CODE_INVALID',
        calls: 1,
      });
    }
    expect(gateway.sessionFaults.calls).not.toContain('set');
  });

  test.each([40029, 40163])('of errcode %d refuses one code and nothing else', async (errcode) => {
    const token = await gateway.tokenFor(codeOf('alice'));
    gateway.sessionFaults.calls.length = 0;
    const refusal = answerJson({ errcode, errmsg: 'no' });
    expect(await outcomeOf(refusal)).toEqual({ status: 200, code: 'CODE_INVALID', calls: 1 });
    expect(gateway.sessionFaults.calls).toEqual([]);
    expect((await gateway.viewer(token)).body.data.viewer.openid).toBe('alice');
  });

  test.each([1, -2, 40030, 2 ** 53, -99_999_999, 1e20])(
    'of an unknown errcode, %d, is PLATFORM_UNAVAILABLE with the number in the log only',
    async (errcode) => {
      wechat.behaviour = answerJson({ errcode, errmsg: 'what' });
      const answer = await gateway.login(codeOf('alice'));
      expect([answer.status, answer.code]).toEqual([503, 'PLATFORM_UNAVAILABLE']);
      expect(JSON.stringify(answer.body)).not.toContain('errcode');
      expect(lineOf(answer)).toMatchObject({ errcode });
      expect(wechat.calls).toHaveLength(1);
    },
  );

  test.each([500, 502, 503, 429])('of status %d costs one call, even with an openid in it', async (status) => {
    expect(await outcomeOf(answerText(JSON.stringify(good), 'application/json', status))).toEqual(UNAVAILABLE);
    await expectNobodyCame();
  });

  const large: readonly (readonly [string, { isCompressed: boolean }])[] = [
    ['of 100 MB', { isCompressed: false }],
    ['of 100 MB in 100 KB of gzip', { isCompressed: true }],
  ];

  test.each(large)('%s is cut', async (_title, { isCompressed }) => {
    const sender = sendPadded(100_000_000, isCompressed);
    expect(await outcomeOf(sender.behaviour)).toEqual(UNAVAILABLE);
    expect(gateway.logLines).toContainEqual(expect.objectContaining({ kind: 'too_large' }));
    await sender.gone;
    if (!isCompressed) expect(sender.takenBytes()).toBeLessThan(20_000_000);
    await expectNobodyCame();
  });

  test.each([301, 302, 303, 307, 308])('of status %d sends nothing to the host it names', async (status) => {
    const other = await startStandInWechat();
    const redirect: Behaviour = (call, response, request) =>
      answerWith(status, { location: `${other.url}${request.url}` }, '')(call, response, request);
    expect(await outcomeOf(redirect)).toEqual(UNAVAILABLE);
    expect(other.calls).toHaveLength(0);
    await other.close();
    await expectNobodyCame();
  });

  test('with names of prototypes changes none and takes no openid from one; of a repeated name the last counts', async () => {
    const mallory = JSON.stringify({ ...good, openid: 'mallory' });
    expect(await outcomeOf(answerText(`{"__proto__":${mallory},"constructor":{"prototype":${mallory}}}`))).toEqual(
      UNAVAILABLE,
    );
    expect(await outcomeOf(answerText(`{"__proto__":{"polluted":1},${JSON.stringify(good).slice(1)}`))).toEqual(
      LOGGED_IN,
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();

    wechat.behaviour = answerText(`{"openid":"mallory","session_key":"${SESSION_KEY}","openid":"carol"}`);
    expect((await gateway.login(codeOf('carol'))).body.data.login.viewer.openid).toBe('carol');
    await expectNew('mallory');
  });

  test('that comes after the deadline logs nobody in', async () => {
    let ended = Promise.resolve<unknown>(null);
    const late: Behaviour = (_call, response) => {
      const timer = setTimeout(() => response.end(JSON.stringify(good)), 5500);
      ended = once(response, 'close').then(() => clearTimeout(timer));
      return undefined;
    };
    expect(await outcomeOf(late)).toEqual(UNAVAILABLE);
    await ended;
    await expectNobodyCame();
  });
});

/** White space up to a size, and an answer that would log in behind it. */
function sendPadded(size: number, isCompressed: boolean) {
  let taken = 0;
  let close = () => {};
  const gone = new Promise<void>((resolve) => {
    close = resolve;
  });
  function* bytes() {
    const blank = Buffer.alloc(100_000, ' ');
    for (; taken < size; taken += blank.length) yield blank;
    yield Buffer.from(JSON.stringify(good));
  }
  const behaviour: Behaviour = async (_call, response) => {
    response.on('close', close);
    response.writeHead(200, isCompressed ? { 'content-encoding': 'gzip' } : {});
    const stages = isCompressed ? [createGzip({ level: 1 }), response] : [response];
    // Whoever hangs up in the middle ends the sending.
    await pipeline([Readable.from(bytes()), ...stages]).catch(() => undefined);
    return undefined;
  };
  return { behaviour, gone, takenBytes: () => taken };
}

describe('a code sent 50 times at once', () => {
  const sendAll = async (code: string, optionsOf: () => { requestId?: string }) => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.login(code, optionsOf())));
    return answers.map((answer) => answer.code ?? answer.body.data.login.token);
  };

  test('by one client, with or without a requestId, is one call and one session', async () => {
    const requestId = freshRequestId();
    for (const options of [{}, { requestId }]) {
      wechat.calls.length = 0;
      const tokens = await sendAll(codeOf('alice'), () => options);
      expect([...new Set(tokens)]).toEqual([expect.stringMatching(/^mj_/)]);
      expect(wechat.calls).toHaveLength(1);
    }
  });

  test('under 50 names is one session at most', async () => {
    const outcomes = await sendAll(codeOf('alice'), () => ({ requestId: freshRequestId() }));
    expect(outcomes.filter((outcome) => outcome === 'CODE_INVALID')).toHaveLength(49);
  });
});
