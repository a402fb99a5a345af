import { createGateway } from 'menjin';
import { startApi } from './api.js';

// Logins are the gateway's. A process that only has to know who sent a request leaves listen() out.
const gateway = await createGateway();
const { url } = await gateway.listen();
const api = await startApi(gateway, 4001);
console.log(`Log in at ${url}/graphql, then ask ${api.url} with the token.`);

async function stop(): Promise<void> {
  await api.stop();
  await gateway.close();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
