/**
 * Asker: who speaks to the person, or to the script in its place (the interface).
 * In: questions, sentences, links. Out: answers. Never: shows an answer that is secret.
 */
import { type Question, SigninFailed } from './steps.ts';

export interface Asker {
  /** @throws Interrupted when the person wants out; SigninFailed when there are no more answers */
  ask(question: Question, signal: AbortSignal): Promise<string>;
  say(text: string): void;
  /** Shows a login link that is good for so many seconds, in place of the last one. */
  show(url: string, seconds: number): void;
  /** Nothing is asked any more. */
  close(): void;
}

/** The input ended with a question open. */
export function noMoreAnswers({ name }: Question): SigninFailed {
  return new SigninFailed('NO_MORE_ANSWERS', `The input ended where an answer was wanted: ${name}.`);
}
