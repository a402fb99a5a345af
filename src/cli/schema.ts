import { printGatewaySchema } from '../graphql/schema.js';

/** `menjin schema`: what codegen reads. No setting changes it. */
export function schema(out: { write(text: string): unknown }): 0 {
  out.write(printGatewaySchema());
  return 0;
}
