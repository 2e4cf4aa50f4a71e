/**
 * Steps: what a flow of the sign-in wants done, as values.
 * In: the reply to each step. Out: the next step. Never: performs a step: `run.ts` does, or a test.
 *
 * A flow is a generator: it yields steps and is given their replies, so it reads from top to bottom, without a socket, a terminal or a
 * clock.
 */

/** A TL value as the gateway writes it. */
export type Tl = { readonly _cons: string } & Readonly<Record<string, unknown>>;

/** Names of questions, by which programs know what is asked. */
export type QuestionName =
  | 'api_id'
  | 'api_hash'
  | 'phone'
  | 'code'
  | 'email'
  | 'email_code'
  | 'password'
  | 'bot_token'
  | 'terms'
  | 'first_name'
  | 'last_name';

/** A question to the person. */
export interface Question {
  readonly name: QuestionName;
  readonly text: string;
  /** The answer is masked while it is typed. */
  readonly isSecret: boolean;
  /** An empty answer is one. */
  readonly mayBeEmpty: boolean;
  /** The answer is `yes` or `no`. */
  readonly isYesNo: boolean;
}

/** Telegram's refusal of a call. */
export interface CallRefusal {
  readonly code: number;
  /** Telegram's constant: `PHONE_CODE_INVALID`, or `FLOOD_WAIT_31` with its number. */
  readonly text: string;
  /** How long to wait, s, if Telegram says so. */
  readonly seconds: number | undefined;
}

/** What came of a call: a result or a refusal. */
export interface CallAnswer {
  readonly result?: unknown;
  readonly refusal?: CallRefusal;
}

/** One step of a flow. */
export type FlowStep =
  /** A call; its reply is a CallAnswer. */
  | { readonly do: 'call'; readonly message: Tl }
  /** A question; its reply is a text. */
  | { readonly do: 'ask'; readonly question: Question }
  /** A sentence for the person; no reply. */
  | { readonly do: 'say'; readonly text: string }
  /** A login link to show as a QR code, valid for some seconds; no reply. */
  | { readonly do: 'show'; readonly url: string; readonly seconds: number }
  /** Waits for an update for some seconds; its reply is whether the update came. */
  | { readonly do: 'await'; readonly update: string; readonly seconds: number };

/** What a step gives back to its flow. */
export type Reply = CallAnswer | string | boolean | undefined;
/** A part of a sign-in: yields steps, is given replies, returns `T`. */
export type Flow<T> = Generator<FlowStep, T, Reply>;

/** The sign-in failed; the message is a sentence without secrets. */
export class SigninFailed extends Error {
  override readonly name = 'SigninFailed';
  /** A name for programs: Telegram's constant, the gateway's error, or one of the sign-in's own. */
  readonly reason: string;
  /** After how long another try may succeed, s. */
  readonly retryAfter: number | undefined;
  constructor(reason: string, sentence: string, retryAfter?: number) {
    super(sentence);
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/** The person ended the sign-in. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Calls a method of the API. */
export function* callTelegram(message: Tl): Flow<CallAnswer> {
  return (yield { do: 'call', message }) as CallAnswer;
}

/** Asks until an answer is not empty, or once if it may be empty. Blanks around an answer are cut off. */
export function* askPerson(
  name: QuestionName,
  text: string,
  how: { isSecret?: boolean; mayBeEmpty?: boolean; isYesNo?: boolean } = {},
): Flow<string> {
  const { isSecret = false, mayBeEmpty = false, isYesNo = false } = how;
  const question: Question = { name, text, isSecret, mayBeEmpty, isYesNo };
  for (;;) {
    const given = (yield { do: 'ask', question }) as string;
    // Blanks around a password belong to it.
    const answer = name === 'password' ? given : given.trim();
    if (answer !== '' || mayBeEmpty) return answer;
  }
}

/** Tells the person a sentence. */
export function* tellPerson(text: string): Flow<void> {
  yield { do: 'say', text };
}

/** A text field of a TL value; '' if there is none. */
export function textField(value: Tl, field: string): string {
  const text = value[field];
  return typeof text === 'string' ? text : '';
}

/** A number field of a TL value; undefined if there is none. */
export function numberField(value: Tl, field: string): number | undefined {
  const number = value[field];
  return typeof number === 'number' ? number : undefined;
}

/** A field of a TL value that is a TL object; undefined if there is none. */
export function objectField(value: Tl, field: string): Tl | undefined {
  return isTl(value[field]) ? value[field] : undefined;
}

/** Whether a value is a TL object as the gateway writes it. */
export function isTl(value: unknown): value is Tl {
  return typeof value === 'object' && value !== null && typeof (value as Tl)._cons === 'string';
}
