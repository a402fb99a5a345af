import { writeFileSync } from 'node:fs';
import { printGatewaySchema } from 'menjin';
import { shop } from './shop.js';

writeFileSync(new URL('../../schema.graphql', import.meta.url), printGatewaySchema(shop()));
