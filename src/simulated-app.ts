import type { Config } from './config.js';
import type { App } from './platforms/platform.js';
import type { Simulator } from './simulator/index.js';

/** Only outside production, and only where no app is configured. The module is not even loaded otherwise. */
export async function startSimulator(config: Config, now: () => number): Promise<Simulator | null> {
  if (config.environment === 'production' || config.apps.length > 0) return null;
  const { createSimulator } = await import('./simulator/index.js');
  return createSimulator({ now });
}

export function simulatedApp({ appid, secret }: Simulator): App {
  return { platform: 'WECHAT', appid, secrets: [secret], tenant: 'default' };
}
