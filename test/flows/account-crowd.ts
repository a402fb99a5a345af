import { randomBytes, randomInt } from 'node:crypto';
import { banUser, unbanUser } from '../../src/auth/ban-user.js';
import { mergeByOperator } from '../../src/auth/merge-by-operator.js';
import type { App } from '../../src/platforms/platform.js';
import { openStores } from '../../src/stores.js';
import { createFastHasher } from '../support/fast-hasher.js';
import type { OpenSharedStores, SharedStores } from '../support/shared-stores.js';
import { answerJson, type StandInWechat, sessionKeyOf, startStandInWechat } from '../support/stand-in-wechat.js';
import {
  APP_SECRET,
  createTestClock,
  startTestGateway,
  type TestClock,
  type TestGateway,
} from '../support/test-gateway.js';
import { type Phone, TENANTS } from './account-model.js';
import type { Step } from './account-steps.js';

/** What was handed out. */
export interface Held {
  readonly token: string;
  readonly phone: Phone;
  readonly userId: string;
}

/** The error's code, or null. */
export type Outcome = string | null;

const PASSWORDS = ['first pot of oolong', 'second pot of oolong'] as const;
const VIEWER = 'viewer { openid appid tenant user { id username identities { id } } }';

const apps = TENANTS.map((tenant, n): App => {
  return { platform: 'WECHAT', appid: `wxapp${n}`, secrets: [APP_SECRET], tenant };
});

/** Two gateways on the same stores, and an operator beside them. */
export interface Stage {
  readonly clock: TestClock;
  readonly stores: SharedStores;
  readonly gateways: readonly [TestGateway, TestGateway];
  /** Done by an operator. */
  ban(userId: string): Promise<unknown>;
  unban(userId: string): Promise<unknown>;
  merge(into: string, other: string): Promise<unknown>;
  close(): Promise<void>;
}

export async function startStage(open: OpenSharedStores): Promise<Stage> {
  const wechat = await startStandInWechat();
  tellUnionids(wechat);
  const stores = await open();
  const clock = createTestClock();
  const start = () =>
    startTestGateway({
      wechatApiUrl: wechat.url,
      clock,
      // Every try at a password has an address of its own: limits are not what is tested.
      config: { ...stores.config, apps, sessionsPerUser: 1000, trustProxy: 1 },
      seams: { passwordHasher: createFastHasher() },
    });
  const gateways = [await start(), await start()] as const;
  const [{ running }] = gateways;
  const operator = await openStores(running.config, clock.now);
  return {
    clock,
    stores,
    gateways,
    ban: (userId) => banUser(operator, userId),
    unban: (userId) => unbanUser(operator, userId),
    merge: (into, other) => mergeByOperator(operator, { into, other }),
    close: async () => {
      await operator.close();
      for (const gateway of gateways) await gateway.close();
      await stores.close();
      await wechat.close();
    },
  };
}

/** `run-1.u.5f3a`: the code of somebody with the openid `run-1`, who has a unionid, the same in every tenant. */
function tellUnionids(wechat: StandInWechat): void {
  wechat.behaviour = (call, response, request) => {
    const [openid = '', tells] = call.code.split('.');
    const unionid = tells === 'u' ? { unionid: `union-${openid}` } : {};
    return answerJson({ openid, session_key: sessionKeyOf(openid, call.number), ...unionid })(call, response, request);
  };
}

/** The people of one run: strangers to those of another. */
export class Crowd {
  readonly held: Held[] = [];
  /** Its connection takes one statement at a time. */
  #asked: Promise<unknown> = Promise.resolve();
  readonly run = `r${randomBytes(6).toString('hex')}`;

  constructor(readonly stage: Stage) {}

  async play(step: Step): Promise<Outcome> {
    switch (step.do) {
      case 'login':
      case 'loginWithPassword':
        return this.#logIn(step);
      case 'ban':
      case 'unban':
      case 'merge':
        return this.#operate(step);
      default:
        return this.#ask(step);
    }
  }

  /** A name in its tenant: the tenants have the same ones. */
  username(name: number): string {
    return `${this.run}.${name}`;
  }

  password(password: number): string {
    return PASSWORDS[password] ?? '';
  }

  openid({ person }: Phone): string {
    return `${this.run}-${person}`;
  }

  /** Persons 0 to 2 have one. */
  unionid(phone: Phone, tells: boolean): string | null {
    return tells && phone.person < 3 ? `union-${this.openid(phone)}` : null;
  }

  heldAt(index: number): Held | undefined {
    return this.held.at(-1 - index);
  }

  /** `null` when the token names no session. */
  async viewerOf(process: number, { token }: Held): Promise<{ openid: string; tenant: string; userId: string } | null> {
    const { code, body } = await this.#gateway(process).graphql(`{ ${VIEWER} }`, { token });
    if (code === 'UNAUTHENTICATED') return null;
    const { openid, tenant, user } = body.data.viewer;
    return { openid, tenant, userId: user.id };
  }

  async #logIn(step: Extract<Step, { do: 'login' | 'loginWithPassword' }>): Promise<Outcome> {
    const { phone } = step;
    const input = {
      ...this.#proof(phone, step.tells),
      ...(step.do === 'login'
        ? {}
        : { username: this.username(step.name), password: this.password(step.password), link: step.link }),
    };
    const { code, data } = await this.#mutate(step, null, input, `token ${VIEWER}`);
    if (code !== null) return code;
    const { token, viewer } = data;
    this.held.push({ token, phone, userId: viewer.user.id });
    return null;
  }

  async #operate(step: Extract<Step, { do: 'ban' | 'unban' | 'merge' }>): Promise<Outcome> {
    const held = this.heldAt(step.session);
    const other = this.heldAt('other' in step ? step.other : step.session);
    if (held !== undefined && other !== undefined) await this.stage[step.do](held.userId, other.userId);
    return null;
  }

  async #ask(step: Exclude<Step, { do: 'login' | 'loginWithPassword' | 'ban' | 'unban' | 'merge' }>): Promise<Outcome> {
    const held = this.heldAt(step.session);
    if (held === undefined) return null;
    const { input, answer } = await this.#inputOf(step, held);
    return (await this.#mutate(step, held.token, input, answer)).code;
  }

  async #inputOf(
    step: Exclude<Step, { do: 'login' | 'loginWithPassword' | 'ban' | 'unban' | 'merge' }>,
    held: Held,
  ): Promise<{ input: object; answer: string }> {
    switch (step.do) {
      case 'register':
        return {
          input: { username: this.username(step.name), password: this.password(step.password) },
          answer: VIEWER,
        };
      case 'changePassword': {
        const input = { currentPassword: this.password(step.from), newPassword: this.password(step.to) };
        return { input, answer: 'sessionsEnded' };
      }
      case 'linkIdentity':
        return { input: { ...this.#proof(step.phone, step.tells), merge: step.merge }, answer: VIEWER };
      case 'unlinkIdentity':
        return { input: { id: (await this.#identityId(step.phone)) ?? 'none' }, answer: VIEWER };
      case 'closeAccount':
        return { input: { code: this.#proof(held.phone, false).code }, answer: 'closed' };
    }
  }

  async #identityId({ person, app }: Phone): Promise<string | undefined> {
    const where = `openid = '${this.openid({ person, app })}' AND appid = 'wxapp${app}'`;
    const asked = this.#asked.then(() =>
      this.stage.stores.ask<{ id: string }>(`SELECT id FROM identities WHERE ${where}`),
    );
    this.#asked = asked;
    return (await asked)[0]?.id;
  }

  #proof(phone: Phone, tells: boolean): { code: string; appid: string } {
    const mark = this.unionid(phone, tells) === null ? 'n' : 'u';
    return { code: `${this.openid(phone)}.${mark}.${randomBytes(8).toString('hex')}`, appid: `wxapp${phone.app}` };
  }

  async #mutate(step: Step, token: string | null, input: object, answer: string) {
    const type = `${step.do.charAt(0).toUpperCase()}${step.do.slice(1)}Input`;
    const query = `mutation Do($input: ${type}!) { ${step.do}(input: $input) { ${answer} } }`;
    const headers = { 'x-forwarded-for': `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}` };
    const { code, body } = await this.#gateway(step.process).graphql(query, { variables: { input }, token, headers });
    return { code, data: body.data?.[step.do] };
  }

  #gateway(process: number): TestGateway {
    return this.stage.gateways[process === 0 ? 0 : 1];
  }
}
