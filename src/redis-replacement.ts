import { ErrorReply } from '@redis/client';
import type { RedisClient } from './redis.js';

/** Notices that the server at the other end is not the one it was, or not in the same role: it may have lost what was done. */
export interface ReplacementWatch {
  /** Called when a connection is made: who is there is not known. */
  connected(): void;
  /** Called when the server answers. */
  answered(): void;
}

export function watchReplacement(client: RedisClient, onReplaced: () => void): ReplacementWatch {
  let isKnown = true;
  // undefined: nobody was seen yet. null: somebody who may not be asked.
  let last: string | null | undefined;

  async function look(): Promise<void> {
    isKnown = true;
    try {
      note(await identityOf(client));
    } catch (error) {
      if (error instanceof ErrorReply) note(null);
      else isKnown = false;
    }
  }

  /** Of one that may not be asked nobody knows that it is the same. */
  function note(identity: string | null): void {
    const isSame = last === undefined || (identity !== null && identity === last);
    last = identity;
    if (!isSame) onReplaced();
  }

  return {
    connected: () => {
      isKnown = false;
    },
    answered: () => {
      if (!isKnown) void look();
    },
  };
}

async function identityOf(client: RedisClient): Promise<string> {
  const [server, replication] = await Promise.all([client.info('server'), client.info('replication')]);
  const [runId] = /^run_id:\w+/m.exec(server) ?? [''];
  const [role] = /^role:\w+/m.exec(replication) ?? [''];
  return `${runId} ${role}`;
}
