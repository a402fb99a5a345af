import { answerCommands } from '../../support/child-side.js';
import { createWechat } from './wechat.js';

answerCommands(createWechat());
