// The six steps of a login, told while the client goes through them.

import { pretty, say } from './page.js';
import { fill, fillDocument, fillJson, mark, pause, resetSteps, showPart } from './steps.js';
import { exchangesOf, sha256 } from './wire.js';

/** For `hear` of a phone. */
export function tellLogin(signal) {
  /** Nothing is told any more when somebody else has picked up the phone. */
  async function still(promise) {
    const value = await promise;
    signal.throwIfAborted();
    return value;
  }
  const done = (id) => {
    mark(id, 'done');
    return still(pause());
  };

  async function tellExchange({ variables, answer }) {
    const [exchange] = (await still(exchangesOf(variables.input.code))).slice(-1);
    const token = answer.data?.login?.token;
    fill({ path: exchange?.path, appid: exchange?.appid });
    fillJson('loginAnswer', answer.body, token ?? answer.code);
    if (token === undefined) return tellRefusal(exchange);

    const { openid, unionid } = exchange.outcome;
    showPart('unionid', unionid !== null);
    fill({ maskedOpenid: openid, maskedUnionid: unionid });
    await done('exchange');

    mark('session', 'now');
    const tokenHash = await still(sha256(token));
    fill({ tokenHash: tokenHash && `${tokenHash.slice(0, 32)}…` });
    await done('session');

    mark('token', 'now');
    await done('token');
  }

  async function tellViewer({ token, answer }) {
    const { viewer } = answer.data ?? {};
    if (!viewer) return mark('viewer', 'failed');
    const { id, expiresAt } = viewer.session;
    fill({ shortToken: `${token.slice(0, 8)}…`, sessionId: id, userId: viewer.user.id, expiresAt });
    fillJson('viewerAnswer', answer.body, viewer.openid);
    await done('viewer');
  }

  return {
    loggingIn() {
      resetSteps();
      mark('wxLogin', 'now');
    },

    gotCode(code) {
      fill({ code });
      return done('wxLogin');
    },

    async sending({ call, query, variables }) {
      fillDocument(call, query);
      if (call === 'viewer') return mark('viewer', 'now');
      mark('login', 'now');
      fillJson('variables', variables, variables.input.code);
      await done('login');
      mark('exchange', 'now');
    },

    answered: (request) => (request.call === 'viewer' ? tellViewer(request) : tellExchange(request)),
  };
}

/** WeChat or the gateway said no: the steps show where the login ended. */
function tellRefusal(exchange) {
  if (exchange?.outcome.kind === 'errcode') {
    const { errcode, errmsg } = exchange.outcome;
    fill({ exchangeRefusal: pretty({ errcode, errmsg }) });
    showPart('exchange-answer', false);
    showPart('exchange-refusal', true);
  }
  mark('exchange', 'failed');
  fill({ nothingStored: say('nothingStored'), viewerAnswer: say('notSent') });
  showPart('stored', false);
  showPart('not-stored', true);
  mark('session', 'skipped');
  mark('token', 'failed');
  mark('viewer', 'skipped');
}
