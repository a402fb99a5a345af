export type {
  ApiCallRecord,
  ApiPath,
  AppOptions,
  CodeOptions,
  EncryptOptions,
  Exchange,
  FailOptions,
  Fault,
  OpenDataKind,
  Outcome,
  SealedOpenData,
  SentMessage,
  SimulatedApp,
  SimulatedPhoneNumber,
  SimulatedUser,
  SimulatedUserKind,
  SimulatedUserOptions,
  SimulatedWechat,
  SubscribeOptions,
} from '../simulator/index.js';
export { SimulatorMisuse } from '../simulator/misuse.js';
export type { Document, SendGraphQL, TestAnswer, TestError, Variables } from './graphql.js';
export { type SignedIn, type SignInAs, type SignInOptions, SignInRefused } from './sign-in.js';
export { createTestGateway, type TestGateway, type TestGatewayOptions } from './test-gateway.js';
