// Writes schema.graphql from the built resolvers, without starting a server; with --check it only says whether it is fresh.
import { readFileSync, writeFileSync } from 'node:fs';
import { printGatewaySchema } from '../dist/graphql/schema.js';

const file = new URL('../schema.graphql', import.meta.url);
const printed = printGatewaySchema();

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== printed) {
    console.error('schema.graphql is stale: npm run build && npm run schema');
    process.exit(1);
  }
} else {
  writeFileSync(file, printed);
}
