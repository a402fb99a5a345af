import type { FastifyInstance } from 'fastify';
import type { OfflineExplorer } from './offline-explorer.js';
import type { Facts, SimulatedPerson } from './pages/facts.js';
import { offlineExplorerRoutes } from './routes/explorer.js';
import { pagesRoutes } from './routes/pages.js';
import { type SimulatedWechat, simulatorRoutes } from './routes/simulator.js';

export interface Development extends Omit<Facts, 'hasExplorer' | 'simulator'> {
  /** null where its package is not installed. */
  readonly offlineExplorer: OfflineExplorer | null;
  /** null where real apps are configured. */
  readonly simulator: (SimulatedWechat & { readonly users: readonly SimulatedPerson[] }) | null;
}

/** What only developers see: `/`, the phone, the explorer that needs no internet, and what the phone asks for. */
export function developmentRoutes(app: FastifyInstance, { offlineExplorer, simulator, ...facts }: Development): void {
  pagesRoutes(app, { ...facts, hasExplorer: offlineExplorer !== null, simulator });
  if (offlineExplorer !== null) offlineExplorerRoutes(app, offlineExplorer);
  if (simulator !== null) simulatorRoutes(app, simulator);
}
