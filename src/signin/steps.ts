/**
 * Steps: what a sign-in wants done next, as values.
 * In: what came of each step. Out: the next one. Never: does one: `run.ts` does, and tests in its place.
 *
 * A flow is a generator: it yields steps and is given their replies, so that it reads from top to bottom and knows
 * no socket, terminal or clock.
 */

/** A TL value as the gateway writes it. */
export type Tl = { readonly _cons: string } & Readonly<Record<string, unknown>>;

/** What is asked of the person, by name: programs that drive a sign-in go by it. */
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

export interface Question {
  readonly name: QuestionName;
  readonly text: string;
  /** Typed unseen. */
  readonly isSecret: boolean;
  /** Nothing is an answer too. */
  readonly mayBeEmpty: boolean;
  /** Answered by `yes` or `no`. */
  readonly isYesNo: boolean;
}

/** Telegram's refusal of a call. */
export interface CallRefusal {
  readonly code: number;
  /** Telegram's constant, as `PHONE_CODE_INVALID`; with its number, as `FLOOD_WAIT_31`. */
  readonly text: string;
  /** Seconds to wait, where it says so. */
  readonly seconds: number | undefined;
}

/** One of the two is there. */
export interface CallAnswer {
  readonly result?: unknown;
  readonly refusal?: CallRefusal;
}

export type FlowStep =
  /** A call; replied to by an Answer. */
  | { readonly do: 'call'; readonly message: Tl }
  /** A question; replied to by a text. */
  | { readonly do: 'ask'; readonly question: Question }
  /** A sentence for the person. */
  | { readonly do: 'say'; readonly text: string }
  /** A login link as a QR code, good for so many seconds. */
  | { readonly do: 'show'; readonly url: string; readonly seconds: number }
  /** Waits for an update; replied to by whether it came in time. */
  | { readonly do: 'await'; readonly update: string; readonly seconds: number };

export type Reply = CallAnswer | string | boolean | undefined;
export type Flow<T> = Generator<FlowStep, T, Reply>;

/** The sign-in is over, and why, in a sentence without secrets. */
export class SigninFailed extends Error {
  override readonly name = 'SigninFailed';
  /** A name that programs can go by: Telegram's constant, the gateway's error, or one of ours. */
  readonly reason: string;
  /** Seconds after which there is hope. */
  readonly retryAfter: number | undefined;
  constructor(reason: string, sentence: string, retryAfter?: number) {
    super(sentence);
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/** The person wants it to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Calls a method. */
export function* callTelegram(message: Tl): Flow<CallAnswer> {
  return (yield { do: 'call', message }) as CallAnswer;
}

/** Asks until there is an answer, or once if there need not be one. White space around it does not count. */
export function* askPerson(
  name: QuestionName,
  text: string,
  how: { isSecret?: boolean; mayBeEmpty?: boolean; isYesNo?: boolean } = {},
): Flow<string> {
  const { isSecret = false, mayBeEmpty = false, isYesNo = false } = how;
  const question: Question = { name, text, isSecret, mayBeEmpty, isYesNo };
  for (;;) {
    const given = (yield { do: 'ask', question }) as string;
    // Blanks around a password are part of it.
    const answer = name === 'password' ? given : given.trim();
    if (answer !== '' || mayBeEmpty) return answer;
  }
}

export function* tellPerson(text: string): Flow<void> {
  yield { do: 'say', text };
}

/** A field of a TL value that is text; '' if it is not there. */
export function textField(value: Tl, field: string): string {
  const text = value[field];
  return typeof text === 'string' ? text : '';
}

/** A field of a TL value that is a number; undefined if it is not there. */
export function numberField(value: Tl, field: string): number | undefined {
  const number = value[field];
  return typeof number === 'number' ? number : undefined;
}

/** A field of a TL value that is a TL value; undefined if it is not there. */
export function objectField(value: Tl, field: string): Tl | undefined {
  return isTl(value[field]) ? value[field] : undefined;
}

export function isTl(value: unknown): value is Tl {
  return typeof value === 'object' && value !== null && typeof (value as Tl)._cons === 'string';
}
