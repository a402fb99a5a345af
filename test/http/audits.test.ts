import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Audit, serverAudits } from 'graphql-http';
import { type StandInWechat, startStandInWechat } from '../support/stand-in-wechat.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

// They ask for 200 on requests that fail to parse, to validate or to coerce, where the answer is application/json.
// Apollo answers 400 on purpose, and clients should see it.
const WARNINGS = ['572B', 'FDE2', '7B9B'];

let wechat: StandInWechat;
let gateway: TestGateway;
let url: string;

beforeAll(async () => {
  wechat = await startStandInWechat();
  gateway = await startTestGateway({ wechatApiUrl: wechat.url, config: { introspection: true } });
  url = `${await gateway.running.app.listen({ host: '127.0.0.1', port: 0 })}/graphql`;
});

afterAll(async () => {
  await gateway.close();
  await wechat.close();
});

const audits: Audit[] = serverAudits({
  url: () => url,
  fetchFn: (target: string, { headers, ...init }: RequestInit = {}) => {
    const preflighted = new Headers(headers);
    preflighted.set('apollo-require-preflight', '1');
    return fetch(target, { ...init, headers: preflighted });
  },
});

describe('the GraphQL-over-HTTP audits', () => {
  test('are all there', () => {
    expect(audits.length).toBeGreaterThanOrEqual(61);
    expect(audits.map(({ id }) => id)).toEqual(expect.arrayContaining(WARNINGS));
  });

  test.each(audits.map((audit): [string, string, Audit] => [audit.id, audit.name, audit]))(
    '%s %s',
    async (id, _name, audit) => {
      const result = await audit.fn();
      const { status } = result;
      // A notice is a MAY that is not taken.
      expect({ status, reason: 'reason' in result ? result.reason : null }).toEqual(
        WARNINGS.includes(id)
          ? { status: 'warn', reason: expect.anything() }
          : {
              status: expect.stringMatching(/^(ok|notice)$/),
              reason: result.status === 'ok' ? null : expect.anything(),
            },
      );
    },
  );
});
