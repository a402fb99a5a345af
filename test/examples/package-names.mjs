import { register } from 'node:module';

register('./package-names-hooks.mjs', import.meta.url);
