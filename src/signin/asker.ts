/**
 * Asker: the interface to the person who signs in, or to a script in that person's place.
 * In: questions, sentences, links. Out: answers. Never: shows a secret answer.
 */
import { type Question, SigninFailed } from './steps.ts';

/** Asks and tells a person, or a script. */
export interface Asker {
  /** Asks one question. @throws Interrupted if the person ends the sign-in; SigninFailed if the input has ended */
  ask(question: Question, signal: AbortSignal): Promise<string>;
  /** Tells a sentence. */
  say(text: string): void;
  /** Shows a login link that is valid for some seconds, in place of the last one. */
  show(url: string, seconds: number): void;
  /** Ends the input; nothing is asked afterwards. */
  close(): void;
}

/** The error of an input that ended while a question was open. */
export function noMoreAnswers({ name }: Question): SigninFailed {
  return new SigninFailed('NO_MORE_ANSWERS', `The input ended where an answer was wanted: ${name}.`);
}
