/**
 * Attachment state: how one client speaks in a session: its dialect, the form of its answers, its lines and those that wait.
 * In: what the main thread knows of the client, its `options`. Out: fields. Never: a key, a connection, a request that was taken.
 */
import { FormFlag, MannerFlag, type Speaking } from '../../batch/attach-records.ts';
import type { Dialect } from '../../dialect/dialect.ts';
import type { JsonStyle } from '../../tl/codec.ts';
import { Pieces } from './pieces.ts';
import { WaitingLines } from './waiting-lines.ts';

/** One client in one session, from its ATTACH to its DETACH. */
export class AttachmentState {
  readonly number: number;
  /** Number of the client: its attachments are not each other's rivals. */
  readonly client: number;
  readonly dialect: Dialect;
  style: JsonStyle;
  /** Where messages are lines: of those that were printed over several. */
  readonly pieces: Pieces | undefined;
  /** Those of its client in this session: they are in common with its other attachments there (`Attachments`). */
  waitingLines = new WaitingLines<ClientLine>();
  /** It has no place for updates and notices. */
  readonly isMute: boolean;
  /** Each of its lines names its session. */
  readonly isStateless: boolean;
  /** A line of it was let in: it is no longer where it was before. */
  isSettled: boolean;
  /** It has the session alone. */
  isExclusive: boolean;
  /** Another client takes the session over: new lines wait, open requests may end. */
  isLeaving = false;
  /** The client leaves the session: what still comes is run elsewhere by the main thread. */
  isMoving = false;
  /** The client is gone: its answers are nobody's. */
  isGone = false;
  /** What the client has set before it came here, until its first line is taken (`attach/carried.ts`). */
  brought: Uint8Array;
  readonly #packed: number;

  constructor(number: number, dialect: Dialect, speaking: Speaking) {
    const { manner, client, hasLines, isMute, isStateless, init } = speaking;
    this.number = number;
    this.client = client;
    this.dialect = dialect;
    this.style = { int64AsString: (manner & FormFlag.INT64_TEXT) !== 0, flagsAsBool: (manner & FormFlag.BOOLS) !== 0 };
    this.pieces = hasLines ? new Pieces() : undefined;
    this.isMute = isMute;
    this.isStateless = isStateless;
    this.isSettled = (manner & MannerFlag.SETTLED) !== 0;
    this.isExclusive = (manner & MannerFlag.EXCLUSIVE) !== 0;
    this.brought = init;
    this.#packed = manner & FormFlag.MSGPACK;
  }

  /** `FormFlag`: clients of one form get the same bytes. */
  get form(): number {
    const { int64AsString, flagsAsBool } = this.style;
    return this.#packed | (int64AsString ? FormFlag.INT64_TEXT : 0) | (flagsAsBool ? FormFlag.BOOLS : 0);
  }

  /** Takes the form that its client wants from here on. @param form `FormFlag` */
  take(form: number): void {
    this.style = { int64AsString: (form & FormFlag.INT64_TEXT) !== 0, flagsAsBool: (form & FormFlag.BOOLS) !== 0 };
  }

  /** `MannerFlag`: what of it must survive its thread. */
  get manner(): number {
    return this.form | (this.isExclusive ? MannerFlag.EXCLUSIVE : 0) | (this.isSettled ? MannerFlag.SETTLED : 0);
  }

  /** It waits for others to leave the session to it. */
  get takesAlone(): boolean {
    const { first, step } = this.waitingLines;
    return first?.attachment === this && step === 'alone';
  }

  /** Its lines wait for the one of its client in front of them, or for its end here. */
  get isWaiting(): boolean {
    return this.isLeaving || this.waitingLines.first !== undefined;
  }
}

/** A message `bytes[start..stop)`. The lane writes one over for each that comes: whoever keeps a line keeps a copy. */
export interface ClientLine {
  readonly ticket: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly stop: number;
  /** Its client may be shown keys of stored sessions. */
  readonly mayExport: boolean;
  /** Whose it is: its answer is written for them. */
  readonly attachment: AttachmentState;
}

/** A line with bytes of its own. */
export function copyOfLine({ ticket, bytes, start, stop, mayExport, attachment }: ClientLine): ClientLine {
  return { ticket, bytes: bytes.slice(start, stop), start: 0, stop: stop - start, mayExport, attachment };
}
