import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5];

/** Everything measured. A label's values come from our own tables, never from what a client sent. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    requests: new Counter({
      name: 'menjin_requests_total',
      help: 'GraphQL requests by operation kind and the worst error code of the answer (ok when none).',
      labelNames: ['operation', 'code'],
      registers,
    }),
    fastQueries: new Counter({
      name: 'menjin_fast_queries_total',
      help: 'Of menjin_requests_total, the queries that a prepared function answered.',
      registers,
    }),
    logins: new Counter({
      name: 'menjin_logins_total',
      help: 'Logins by platform and outcome: new_user, known_user, repeat, or the error code.',
      labelNames: ['platform', 'outcome'],
      registers,
    }),
    breakerOpen: new Gauge({
      name: 'menjin_breaker_open',
      help: "1 while an app's platform is not asked, because it failed 20 times in a row; else 0.",
      labelNames: ['platform', 'appid'],
      registers,
    }),
    storeSeconds: new Histogram({
      name: 'menjin_store_seconds',
      help: 'Time until a store answered, by store (sql, sessions), call and outcome (ok, failed).',
      labelNames: ['store', 'call', 'outcome'],
      buckets: SECONDS,
      registers,
    }),
    platformSeconds: new Histogram({
      name: 'menjin_platform_seconds',
      help: 'Time a code exchange took, retries included, by platform and outcome (ok, failed).',
      labelNames: ['platform', 'outcome'],
      buckets: SECONDS,
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Memory, event loop and the like: measured only where somebody can read them. */
export function measureProcess(metrics: Metrics): void {
  collectDefaultMetrics({ register: metrics.registry });
}

/** Runs `work` and records how long it took and whether it threw. */
export async function timed<T extends string, R>(
  histogram: Histogram<T | 'outcome'>,
  labels: Record<T, string>,
  work: () => Promise<R>,
): Promise<R> {
  const startedAt = performance.now();
  let outcome = 'failed';
  try {
    const result = await work();
    outcome = 'ok';
    return result;
  } finally {
    histogram.observe({ ...labels, outcome } as Record<T | 'outcome', string>, (performance.now() - startedAt) / 1000);
  }
}
