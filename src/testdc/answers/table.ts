/** All answers by method. In: nothing. Out: the table. Never: an answer itself. */
import { authAnswers } from './auth.ts';
import type { AnswerTable } from './call.ts';
import { codesAnswers } from './codes.ts';
import { helpAnswers } from './help.ts';
import { keysAnswers } from './keys.ts';
import { loginTokenAnswers } from './login-token.ts';
import { messagesAnswers } from './messages.ts';
import { passwordAnswers } from './password.ts';
import { statsAnswers } from './stats.ts';
import { transferAnswers } from './transfer.ts';
import { profileAnswers } from './profile.ts';
import { updatesAnswers } from './updates.ts';
import { uploadAnswers } from './upload.ts';
import { usersAnswers } from './users.ts';

/** Without a prototype: no method is called `constructor`. */
export const ANSWERS: AnswerTable = Object.assign(
  Object.create(null) as AnswerTable,
  helpAnswers,
  authAnswers,
  codesAnswers,
  passwordAnswers,
  loginTokenAnswers,
  keysAnswers,
  usersAnswers,
  messagesAnswers,
  profileAnswers,
  updatesAnswers,
  uploadAnswers,
  transferAnswers,
  statsAnswers,
);
