/** The table of all methods. In: nothing. Out: the table. Never: a method itself. */
import { authAnswers } from './auth.ts';
import type { AnswerTable } from './call.ts';
import { callbacksAnswers } from './callbacks.ts';
import { channelsAnswers } from './channels.ts';
import { chatsAnswers } from './chats.ts';
import { commandsAnswers } from './commands.ts';
import { dialogsAnswers } from './dialogs.ts';
import { editAnswers } from './edit.ts';
import { forwardAnswers } from './forward.ts';
import { historyAnswers } from './history.ts';
import { inlineAnswers } from './inline.ts';
import { invitesAnswers } from './invites.ts';
import { mediaAnswers } from './media.ts';
import { participantsAnswers } from './participants.ts';
import { readingAnswers } from './reading.ts';
import { sendAnswers } from './send.ts';
import { codesAnswers } from './codes.ts';
import { helpAnswers } from './help.ts';
import { keysAnswers } from './keys.ts';
import { loginTokenAnswers } from './login-token.ts';
import { passwordAnswers } from './password.ts';
import { statsAnswers } from './stats.ts';
import { transferAnswers } from './transfer.ts';
import { profileAnswers } from './profile.ts';
import { updatesAnswers } from './updates.ts';
import { uploadAnswers } from './upload.ts';
import { usersAnswers } from './users.ts';

/** All methods by name, without a prototype, so that no method is called `constructor`. */
export const ANSWERS: AnswerTable = Object.assign(
  Object.create(null) as AnswerTable,
  helpAnswers,
  authAnswers,
  codesAnswers,
  passwordAnswers,
  loginTokenAnswers,
  keysAnswers,
  usersAnswers,
  callbacksAnswers,
  channelsAnswers,
  chatsAnswers,
  commandsAnswers,
  dialogsAnswers,
  editAnswers,
  forwardAnswers,
  historyAnswers,
  inlineAnswers,
  invitesAnswers,
  mediaAnswers,
  participantsAnswers,
  readingAnswers,
  sendAnswers,
  profileAnswers,
  updatesAnswers,
  uploadAnswers,
  transferAnswers,
  statsAnswers,
);
