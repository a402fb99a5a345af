import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rounds } from '../support/rounds.js';
import { describeOnEachDatabase } from '../support/shared-stores.js';
import { Crowd, type Outcome, type Stage, startStage } from './account-crowd.js';
import { AccountModel, type ModelUser, Refusal, TENANTS } from './account-model.js';
import { crowdedStep, type Step, step } from './account-steps.js';

/** What the rows must never say, however many asked at once. Each of these finds nothing. */
const NEVER = {
  'two identities of one openid of an app':
    'SELECT openid FROM identities GROUP BY tenant, platform, appid, openid HAVING count(*) > 1',
  'two users of one unionid of a tenant':
    'SELECT unionid FROM identities WHERE unionid IS NOT NULL GROUP BY tenant, unionid HAVING count(DISTINCT user_id) > 1',
  'an identity of nobody, of somebody who is no more, or of another tenant':
    "SELECT i.id FROM identities i LEFT JOIN users u ON u.id = i.user_id WHERE u.id IS NULL OR u.tenant <> i.tenant OR u.status NOT IN ('active', 'banned')",
  'a user without a door':
    "SELECT id FROM users WHERE status IN ('active', 'banned') AND id NOT IN (SELECT user_id FROM identities)",
  'somebody who is no more and still has a name':
    "SELECT id FROM users WHERE status IN ('merged', 'closed') AND (username IS NOT NULL OR password_hash IS NOT NULL)",
  'a name without a password': 'SELECT id FROM users WHERE (username IS NULL) <> (password_hash IS NULL)',
  'somebody merged into nobody, into somebody merged, or across tenants':
    "SELECT u.id FROM users u LEFT JOIN users s ON s.id = u.merged_into WHERE (u.status = 'merged') <> (u.merged_into IS NOT NULL) OR (u.status = 'merged' AND (s.id IS NULL OR s.status = 'merged' OR s.tenant <> u.tenant))",
  'a session of somebody who may not log in':
    "SELECT s.sid FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.state = 'open' AND u.status <> 'active'",
  'a session through an identity that is no more, or of another tenant':
    "SELECT s.sid FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN identities i ON i.id = s.identity_id WHERE s.state = 'open' AND (i.id IS NULL OR i.tenant <> u.tenant)",
  'a session through an identity of somebody banned':
    "SELECT s.sid FROM sessions s JOIN identities i ON i.id = s.identity_id JOIN users u ON u.id = i.user_id WHERE s.state = 'open' AND u.status <> 'active'",
  "a session without a password that is not its identity's user's":
    "SELECT s.sid FROM sessions s JOIN identities i ON i.id = s.identity_id WHERE s.state = 'open' AND s.password_version IS NULL AND i.user_id <> s.user_id",
  'a session that is older than what ended it':
    "SELECT s.sid FROM sessions s JOIN audit_events e ON e.user_id = s.user_id WHERE s.state = 'open' AND s.created_at < e.at AND (e.type IN ('banned', 'account_closed') OR (e.type = 'password_changed' AND e.session_id <> s.sid))",
} as const;

async function findWrongs({ stores }: Stage): Promise<Record<string, unknown[]>> {
  const wrongs: Record<string, unknown[]> = {};
  const values = `SELECT key FROM ${stores.values} WHERE key NOT IN (SELECT 'session:' || token_hash FROM sessions WHERE state = 'open')`;
  for (const [what, query] of Object.entries({ ...NEVER, 'a value of a session that is not open': values })) {
    const rows = await stores.ask(query);
    if (rows.length > 0) wrongs[what] = rows;
  }
  return wrongs;
}

/** What the model makes of a step: the code of its refusal, or null. */
function expected(model: AccountModel, crowd: Crowd, step: Step): Outcome {
  const name = 'name' in step ? crowd.username(step.name) : '';
  const unionid = 'tells' in step ? crowd.unionid(step.phone, step.tells) : null;
  const session = 'session' in step ? model.sessions.at(-1 - step.session) : undefined;
  try {
    if (step.do === 'login') model.login(step.phone, unionid);
    if (step.do === 'loginWithPassword') {
      model.loginWithPassword(step.phone, unionid, name, crowd.password(step.password), step.link);
    }
    if (session === undefined) return null;
    if (step.do === 'register') model.register(session, name, crowd.password(step.password));
    if (step.do === 'changePassword') {
      model.changePassword(session, crowd.password(step.from), crowd.password(step.to));
    }
    if (step.do === 'linkIdentity') model.linkIdentity(session, step.phone, unionid, step.merge);
    if (step.do === 'unlinkIdentity') model.unlinkIdentity(session, step.phone);
    if (step.do === 'closeAccount') model.closeAccount(session);
    if (step.do === 'ban') model.ban(session.user);
    if (step.do === 'unban') model.unban(session.user);
    const other = step.do === 'merge' ? model.sessions.at(-1 - step.other) : undefined;
    if (other !== undefined) model.merge(session.user, other.user);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** Who is who: each user of the model is one of the gateway's, and the other way round. */
async function checkUsers(model: AccountModel, crowd: Crowd): Promise<void> {
  const ids = new Map<ModelUser, string>();
  for (const [index, { user }] of model.sessions.entries()) {
    const id = crowd.held[index]?.userId ?? '';
    expect(ids.get(user) ?? id).toBe(id);
    ids.set(user, id);
  }
  expect(new Set(ids.values()).size).toBe(ids.size);
  for (const [{ status, username, mergedInto }, id] of ids) {
    const [row] = await crowd.stage.stores.ask(`SELECT status, username, merged_into FROM users WHERE id = '${id}'`);
    const survivor = mergedInto === null ? null : (ids.get(mergedInto) ?? expect.any(String));
    expect(row).toEqual({ status, username, merged_into: survivor });
  }
}

/** Which sessions live, and as whom. */
async function checkSessions(model: AccountModel, crowd: Crowd): Promise<void> {
  for (const [index, held] of crowd.held.entries()) {
    const isLive = model.sessions[index]?.isLive ?? false;
    const { phone, userId } = held;
    const viewer = { openid: crowd.openid(phone), tenant: TENANTS[phone.app], userId };
    expect(await crowd.viewerOf(index % 2, held)).toEqual(isLive ? viewer : null);
  }
}

/** Three people, one with a password: from there it begins. */
const BEGINNING: readonly Step[] = [
  ...[0, 3, 1].map((person): Step => ({ do: 'login', process: 0, phone: { person, app: 0 }, tells: person === 0 })),
  { do: 'register', process: 1, session: 2, name: 0, password: 0 },
];

/** What may come of a step when others are at work. */
const AT_ONCE: readonly Outcome[] = [
  ...[null, 'UNAUTHENTICATED', 'WRONG_CREDENTIALS', 'USERNAME_TAKEN', 'IDENTITY_TAKEN', 'LAST_IDENTITY', 'FORBIDDEN'],
  ...['USER_BLOCKED', 'CODE_INVALID', 'SERVICE_UNAVAILABLE'],
];

// Steps as many as may be: most come to nothing when there are few.
const many = { size: 'max' } as const;
const numRuns = rounds(3, 500);

describeOnEachDatabase(
  'two processes on one database',
  (open) => {
    // In here, that it is closed before the database is.
    describe('five people with three apps in two tenants', () => {
      let stage: Stage;

      beforeAll(async () => {
        stage = await startStage(open);
      });

      afterAll(() => stage?.close());

      test('one after the other they get what the model says', async () => {
        const story = fc.array(step, { minLength: 10, maxLength: 40, ...many });
        const property = fc.asyncProperty(story, async (steps) => {
          const crowd = new Crowd(stage);
          const model = new AccountModel();
          for (const step of [...BEGINNING, ...steps]) {
            const outcome = expected(model, crowd, step);
            expect({ step, outcome: await crowd.play(step) }).toEqual({ step, outcome });
            stage.clock.advance(1000);
          }
          await checkUsers(model, crowd);
          await checkSessions(model, crowd);
          expect(await findWrongs(stage)).toEqual({});
        });
        await fc.assert(property, { numRuns, unbiased: true });
      }, 1_200_000);

      test('at once they never get two users, nor a session that what ended it has left over', async () => {
        const batch = fc.array(crowdedStep, { minLength: 3, maxLength: 10, ...many });
        const story = fc.array(batch, { minLength: 2, maxLength: 8, ...many });
        const property = fc.asyncProperty(story, async (batches) => {
          const crowd = new Crowd(stage);
          for (const step of BEGINNING) await crowd.play(step);
          for (const steps of batches) {
            stage.clock.advance(1000);
            const outcomes = await Promise.all(steps.map((step) => crowd.play(step)));
            for (const outcome of outcomes) expect(AT_ONCE).toContain(outcome);
            if (outcomes.includes('SERVICE_UNAVAILABLE')) await settle(stage);
            expect(await findWrongs(stage)).toEqual({});
          }
          for (const [index, held] of crowd.held.entries()) {
            const { phone, userId } = held;
            const viewer = { openid: crowd.openid(phone), tenant: TENANTS[phone.app], userId };
            expect([null, viewer]).toContainEqual(await crowd.viewerOf(index % 2, held));
          }
        });
        await fc.assert(property, { numRuns, unbiased: true, endOnFailure: true });
      }, 1_200_000);
    });
  },
  { postgres: 'soak' },
);

/** Sweeps what was left half done on a machine that is slow. */
async function settle({ clock, gateways }: Stage): Promise<void> {
  clock.advance(20_000);
  for (const gateway of gateways) await gateway.running.sweep();
}
