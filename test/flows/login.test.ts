import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { APPID, codeOf, startTestGateway, type TestGateway } from '../support/test-gateway.js';

describe('logging in with a code', () => {
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

  test('makes the sender the viewer of every request that carries the token', async () => {
    const login = await gateway.login(codeOf('alice'));
    expect(login.body.data.login).toMatchObject({
      isNewUser: true,
      viewer: { openid: 'alice', unionid: null, appid: APPID, platform: 'WECHAT', tenant: 'default' },
    });

    const viewer = await gateway.viewer(login.body.data.login.token);
    expect(viewer.body.data.viewer).toMatchObject({
      openid: 'alice',
      user: login.body.data.login.viewer.user.id && { id: login.body.data.login.viewer.user.id },
    });
  });
});
