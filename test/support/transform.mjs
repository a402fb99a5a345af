import swc from '@swc/jest';
import { withGuardOff } from './guard-off.mjs';

/** @swc/jest, which sees the sources as they are while a guard is off. Its cache key is of what it sees. */
export default {
  createTransformer(options) {
    const transformer = swc.createTransformer(options);
    return {
      ...transformer,
      process: (source, file, ...rest) => transformer.process(withGuardOff(source, file), file, ...rest),
      processAsync: (source, file, ...rest) => transformer.processAsync(withGuardOff(source, file), file, ...rest),
      getCacheKey: (source, file, ...rest) => transformer.getCacheKey(withGuardOff(source, file), file, ...rest),
    };
  },
};
