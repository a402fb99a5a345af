import type { FastifyInstance } from 'fastify';
import { explorer } from './explorer.js';
import { loadOfflineExplorer, OFFLINE_EXPLORER_PATH } from './offline-explorer.js';
import type { Facts, SimulatedPerson } from './pages/facts.js';
import { offlineExplorerRoutes } from './routes/explorer.js';
import { pagesRoutes } from './routes/pages.js';
import { type SimulatedWechat, simulatorRoutes } from './routes/simulator.js';

interface DevelopmentFacts extends Omit<Facts, 'hasExplorer' | 'simulator'> {
  /** null where real apps are configured. */
  readonly simulator: (SimulatedWechat & { readonly users: readonly SimulatedPerson[] }) | null;
}

/** What only developers see. Production does not even load this module. */
export async function loadDevelopment() {
  // null where its package is not installed.
  const offlineExplorer = await loadOfflineExplorer();
  const offlineExplorerPath = offlineExplorer === null ? null : OFFLINE_EXPLORER_PATH;
  return {
    /** What a browser gets at GET /graphql. */
    landingPage: explorer({ offlineExplorerPath }),
    /** `/`, the phone, the explorer that needs no internet, and what the phone asks for. */
    addRoutes: (app: FastifyInstance, { simulator, ...facts }: DevelopmentFacts): void => {
      pagesRoutes(app, { ...facts, hasExplorer: offlineExplorer !== null, simulator });
      if (offlineExplorer !== null) offlineExplorerRoutes(app, offlineExplorer);
      if (simulator !== null) simulatorRoutes(app, simulator);
    },
  };
}
