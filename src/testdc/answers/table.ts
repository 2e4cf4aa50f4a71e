/** All answers by method. In: nothing. Out: the table. Never: an answer itself. */
import type { AnswerTable } from './call.ts';
import { helpAnswers } from './help.ts';

export const ANSWERS: AnswerTable = Object.assign(Object.create(null), helpAnswers);
