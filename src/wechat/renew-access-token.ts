import { setTimeout as sleep } from 'node:timers/promises';
import { randomId } from '../lib/random.js';
import type { App } from '../platforms/platform.js';
import type { AccessTokenStore, HeldToken, Turn } from './access-token-store.js';
import { type AskAccessToken, notReplaced } from './ask-access-token.js';

/** What is asked of the next token. */
export interface Wanted {
  /** One that WeChat has refused. */
  readonly refused: string | null;
  /** A token of another process will do when it is good for longer. */
  readonly leftMs: number;
  /** Told of every token that WeChat gives, also when it is the refused one. */
  readonly onToken: (held: HeldToken) => void;
}

/** The next token: that of another process, or WeChat's. @throws as `AccessTokens.get` */
export type RenewAccessToken = (app: App, wanted: Wanted) => Promise<HeldToken>;

export interface RenewAccessTokenParts {
  readonly store: AccessTokenStore;
  readonly askAccessToken: AskAccessToken;
  readonly onStoreFailure: (error: unknown) => void;
  /** How long another process is waited for. To ask as well harms nobody: WeChat gives both the same. @default 4000 */
  readonly patienceMs?: number | undefined;
}

/** Over all that WeChat is asked in one turn. */
const TIMEOUT_MS = 5000;

export function createRenewAccessToken(parts: RenewAccessTokenParts): RenewAccessToken {
  const { store, askAccessToken, onStoreFailure, patienceMs = 4000 } = parts;

  return async (app, wanted) => {
    const owner = randomId();
    const turn = await turnOf(app, owner, wanted);
    if (turn?.kind === 'held') {
      wanted.onToken(turn.held);
      return turn.held;
    }
    if (turn === null) return ask(app, wanted, null);
    try {
      const held = await ask(app, wanted, owner);
      await store.keep(app, owner, held).catch(onStoreFailure);
      return held;
    } catch (error) {
      await store.giveUp(app, owner).catch(() => undefined);
      throw error;
    }
  };

  /** null: the store cannot say, or has said 'theirs' for too long. */
  async function turnOf(app: App, owner: string, wanted: Wanted): Promise<Exclude<Turn, { kind: 'theirs' }> | null> {
    const patience = performance.now() + patienceMs;
    for (;;) {
      const turn = await store.look(app, owner, wanted).catch((error: unknown): null => {
        onStoreFailure(error);
        return null;
      });
      if (turn?.kind !== 'theirs') return turn;
      if (performance.now() >= patience) return null;
      await sleep(50 + Math.random() * 100);
    }
  }

  /** @param owner whose turn it is; null: nobody's, and then WeChat is not made to replace anything. */
  async function ask(app: App, { refused, onToken }: Wanted, owner: string | null): Promise<HeldToken> {
    const deadline = performance.now() + TIMEOUT_MS;
    const held = await askAccessToken(app, { force: false, timeoutMs: deadline - performance.now() });
    onToken(held);
    if (held.token !== refused) return held;
    if (owner === null || !(await mayForce(app, owner))) throw notReplaced(app);
    const replaced = await askAccessToken(app, { force: true, timeoutMs: deadline - performance.now() });
    if (replaced.token === refused) throw notReplaced(app);
    onToken(replaced);
    return replaced;
  }

  async function mayForce(app: App, owner: string): Promise<boolean> {
    try {
      return await store.mayForce(app, owner);
    } catch (error) {
      onStoreFailure(error);
      return false;
    }
  }
}
