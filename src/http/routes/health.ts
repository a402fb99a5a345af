import type { FastifyInstance } from 'fastify';
import { AppError } from '../../errors.js';

export interface Health {
  /** Each resolves when its store has answered. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly isDraining: () => boolean;
}

/**
 * `/healthz`: the process lives. `/readyz`: it may get requests. A store that fails after it has answered once is told,
 * but does not make the process unready: a blink must not take every process out of the balancer.
 */
export function healthRoutes(app: FastifyInstance, { checks, isDraining }: Health): void {
  const answeredOnce = new Set<string>();

  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async () => {
    if (isDraining()) throw new AppError('SERVICE_UNAVAILABLE', { message: 'Shutting down.' });
    const stores = await askAll(checks);
    for (const [name, answer] of Object.entries(stores)) if (answer === 'ok') answeredOnce.add(name);
    const missing = Object.keys(stores).filter((name) => !answeredOnce.has(name));
    if (missing.length > 0) {
      throw new AppError('SERVICE_UNAVAILABLE', { message: `Not ready: no answer yet from ${missing.join(', ')}.` });
    }
    const isDegraded = Object.values(stores).some((answer) => answer !== 'ok');
    return { status: isDegraded ? 'degraded' : 'ready', stores };
  });
}

async function askAll(checks: Health['checks']): Promise<Record<string, 'ok' | 'no answer'>> {
  const answers = Object.entries(checks).map(async ([name, check]) => {
    const answer = await check().then(
      () => 'ok' as const,
      () => 'no answer' as const,
    );
    return [name, answer] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}
