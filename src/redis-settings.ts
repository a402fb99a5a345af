import { codeOf, type Redis, type RedisConnection, RedisUnreachableError } from './redis.js';

/** What an operator should know about how a Redis is set up. */
export interface SettingsRemark {
  /** warn: sessions may be lost while all goes well. */
  readonly level: 'warn' | 'info';
  readonly message: string;
}

interface Rule extends SettingsRemark {
  /** As `INFO` spells it, or `CONFIG GET` when there is a `-` in it. */
  readonly setting: string;
  readonly matches: RegExp;
  /** Only for a cluster, or only for none. @default both */
  readonly ofCluster?: boolean;
}

const rules: readonly Rule[] = [
  {
    setting: 'maxmemory_policy',
    matches: /^(allkeys|volatile)-/,
    level: 'warn',
    message: 'Redis may drop sessions to make room, which logs people out: set maxmemory-policy to noeviction',
  },
  {
    setting: 'aof_enabled',
    matches: /^0$/,
    level: 'info',
    message:
      'Redis forgets sessions when it is killed, all or those since its last snapshot: appendonly yes keeps them',
  },
  {
    setting: 'cluster-require-full-coverage',
    matches: /^yes$/,
    ofCluster: true,
    level: 'info',
    message:
      'one lost master stops the whole cluster: cluster-require-full-coverage no stops only its share of the sessions',
  },
  {
    setting: 'cluster_enabled',
    matches: /^1$/,
    ofCluster: false,
    level: 'warn',
    message: 'this Redis is a node of a cluster and refuses most sessions: write redis+cluster: in SESSION_STORE_URL',
  },
];

/**
 * Looks at how each node that answers is set up. What it may not know, as services forbid it, nothing is said about.
 *
 * @throws what `ask` throws, when no node answers
 */
export async function checkRedisSettings(redis: Redis): Promise<readonly SettingsRemark[]> {
  const { isCluster } = redis;
  const asked = await Promise.allSettled(redis.connections().map(readSettings));
  const answers = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failure = asked.find((each) => each.status === 'rejected');
  if (answers.length === 0) throw failure?.reason ?? new RedisUnreachableError('no node is known');
  return rules
    .filter(({ ofCluster = isCluster }) => ofCluster === isCluster)
    .filter(({ setting, matches }) => answers.some((settings) => matches.test(settings.get(setting) ?? '')))
    .map(({ level, message }) => ({ level, message }));
}

const ASK_AGAIN_MS = 1000;

/** Does so once it answers. @returns what ends the waiting */
export function remarkOnRedisSettings(redis: Redis, onRemark: (remark: SettingsRemark) => void): () => void {
  let isEnded = false;
  let timer: NodeJS.Timeout | undefined;
  function look(): void {
    checkRedisSettings(redis).then(
      (remarks) => {
        if (!isEnded) for (const remark of remarks) onRemark(remark);
      },
      () => {
        if (!isEnded) timer = setTimeout(look, ASK_AGAIN_MS).unref();
      },
    );
  }
  look();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

async function readSettings({ ask }: RedisConnection): Promise<ReadonlyMap<string, string>> {
  const info = await unlessForbidden(ask((client) => client.info()));
  const lines = (info ?? '').split('\r\n').map((line) => line.split(':', 2));
  const settings = new Map(lines.map(([name = '', value = '']) => [name, value]));
  for (const { setting } of rules.filter((rule) => rule.setting.includes('-'))) {
    const found = await unlessForbidden(ask((client) => client.configGet(setting)));
    settings.set(setting, found?.[setting] ?? '');
  }
  return settings;
}

/** A service that forbids a command may also call it unknown. */
async function unlessForbidden<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch((error: unknown) => {
    const code = codeOf(error);
    if (code === 'NOPERM' || code === 'ERR') return null;
    throw error;
  });
}
