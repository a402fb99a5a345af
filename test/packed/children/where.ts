import { storeUnavailable } from '../../../src/errors.js';
import { answerCommands } from '../../support/child-side.js';

answerCommands({ stackOfFailure: () => storeUnavailable('sql', null).stack });
