import base from './jest.config.js';

const { PACKED_DIST: dist } = process.env;
if (!dist) throw new Error('These tests run on what is packed: npm run test:packed');

/** The tests of the package, and the flows with its code in place of src/. */
export default {
  ...base,
  roots: ['<rootDir>/test/packed', '<rootDir>/test/flows'],
  testPathIgnorePatterns: ['/node_modules/'],
  resolver: '<rootDir>/test/packed/resolver.mjs',
  moduleNameMapper: { '^(?:\\.\\./)+src/(.+\\.js)$': `${dist.replaceAll('\\', '/')}/$1`, ...base.moduleNameMapper },
};
