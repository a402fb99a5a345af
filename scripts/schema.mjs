// Writes schema.graphql from the built resolvers, without starting a server; with --check it only says whether it is fresh.
import { printGatewaySchema } from '../dist/graphql/schema.js';
import { keepFresh } from './generated-file.mjs';

keepFresh('schema.graphql', printGatewaySchema(), {
  isCheck: process.argv.includes('--check'),
  command: 'npm run schema',
});
