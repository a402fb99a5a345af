import { createGateway } from 'menjin';
import { addAvatarRoutes } from './avatar-routes.js';
import { createAvatars } from './avatars.js';
import { shop } from './shop.js';

const adminIds = new Set(process.env.SHOP_ADMINS?.split(','));

// What is not given here is read from the environment: PORT, WECHAT_APPID, DATA_DIR ...
const gateway = await createGateway(shop({ adminIds }));
await addAvatarRoutes(gateway.app, createAvatars());
const { url } = await gateway.listen();

console.log(`The shop is at ${url}/graphql`);
if (process.env.NODE_ENV !== 'production') {
  console.log(`A simulated phone is at ${url}; npx menjin code alice prints a code for the login mutation.`);
}

// A second signal waits for the same end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void gateway.close());
