import type { FastifyRequest } from 'fastify';
import type { Report } from '../graphql/report.js';
import { HttpRefusal } from './json-error.js';
import type { Refusals } from './refusals.js';
import type { GraphqlAnswer } from './routes/graphql.js';

/**
 * Apollo refuses some requests before any plugin hears of them (cross-site ones, batches, bodies that are no GraphQL
 * request). They are reported like every other refusal; and what broke on our side is thrown, to be answered like every
 * other failure.
 */
export function reportEarlyRefusals({ isDone, crashOf }: Report, { report }: Refusals) {
  return (request: FastifyRequest, { asked, answer, contextFailure }: GraphqlAnswer): void => {
    const status = answer.status ?? 200;
    const crash = crashOf(asked);
    // A plugin may break what had been reported already: that is another failure.
    if (crash === undefined && (status < 400 || isDone(asked))) return;
    const error = contextFailure ?? crash ?? new HttpRefusal(status);
    if (!(error instanceof HttpRefusal) || status >= 500) throw error;
    const route = request.routeOptions.url ?? null;
    report({ requestId: request.id, route, status, code: 'BAD_REQUEST', error, detail: messageOf(answer) });
  };
}

/** Apollo's sentences about such requests quote nothing of them. */
function messageOf({ body }: GraphqlAnswer['answer']): string {
  const { errors } = JSON.parse(body.kind === 'complete' ? body.string : '{}') as { errors?: { message: string }[] };
  return errors?.[0]?.message.trim() ?? '';
}
