/**
 * Session client: what a session needs of the client it answers.
 * In: nothing. Out: a shape. Never: code.
 */
import type { ErrorName } from '../../errors.ts';
import type { IdText, NoticeFields } from '../front.ts';
import type { Gate } from '../flow/gate.ts';

/** Whose session it is: a connection of lines or frames (`Client`), or one of HTTP (`front/http-client.ts`). */
export interface SessionClient {
  readonly gate: Gate;
  readonly isUnread: boolean;
  /** The answer to one ticket. @param outcome place in `OUTCOMES` */
  reply(ticket: number, line: Buffer, isBad: boolean, outcome: number): void;
  /** A line that answers no ticket. */
  update(line: Buffer): void;
  /** The request is given up with its lane. It is not called retryable: it may kill again. @param isSent a data centre may have it */
  crashed(ticket: number, id: IdText, isSent: boolean): void;
  /** The session is lost with its lane. */
  lostSession(): void;
  /** Something about its session that answers no request. */
  notice(name: ErrorName, fields: NoticeFields): void;
  /** Fewer requests are open than before. */
  settled(): void;
  /** `close` has come to its end. */
  sessionGone(): void;
}
