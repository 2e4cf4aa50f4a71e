/**
 * Attach records: how ATTACH is written and read: how one client speaks in a session.
 * In: what is known of a client's connection. Out: flags and bytes of the record, and what they said. Never: looks into `init`.
 */
import type { RecordCursor } from './batch.ts';

/** What a client's answers look like: msgpack or JSON, int64 as text or numbers, flags as true and false or as they are. */
export const FormFlag = { MSGPACK: 1, INT64_TEXT: 2, BOOLS: 4 } as const;

/** How one client speaks in a session. */
export interface Speaking {
  /** `MannerFlag`: what its answers look like, and what else changes while it speaks. */
  readonly manner: number;
  /** Number of the client: its attachments are not each other's rivals. */
  readonly client: number;
  /** Its messages are lines, of which one may have been printed over several. */
  readonly hasLines: boolean;
  /** It has no place for updates and notices. */
  readonly isMute: boolean;
  /** Each of its lines names its session: naming one moves that line alone. */
  readonly isStateless: boolean;
  /** JSON text of the client's `options.init` that goes with it to this session; empty if it has given none. */
  readonly init: Uint8Array;
}

/** What SPEAKS says: `FormFlag`; it has the session alone; a line of it was let in. */
export const MannerFlag = {
  FORM: FormFlag.MSGPACK | FormFlag.INT64_TEXT | FormFlag.BOOLS,
  EXCLUSIVE: 8,
  SETTLED: 16,
} as const;
const MANNER = MannerFlag.FORM | MannerFlag.EXCLUSIVE | MannerFlag.SETTLED;
const AttachFlag = { LINES: 32, MUTE: 64, STATELESS: 128 } as const;

/** The flags of an ATTACH record. */
export function attachFlags({ manner, hasLines, isMute, isStateless }: Speaking): number {
  return (
    (manner & MANNER) |
    (hasLines ? AttachFlag.LINES : 0) |
    (isMute ? AttachFlag.MUTE : 0) |
    (isStateless ? AttachFlag.STATELESS : 0)
  );
}

/** The bytes of an ATTACH record: the client's number, u32 LE, and its `init`. */
export function writeAttach({ client, init }: Speaking): Buffer {
  const bytes = Buffer.alloc(4 + init.length);
  bytes.writeUInt32LE(client);
  bytes.set(init, 4);
  return bytes;
}

/** What an ATTACH record says; `init` is a copy. @throws RangeError for one that is cut short */
export function readAttach({ flags, bytes, start, stop }: RecordCursor): Speaking {
  if (stop - start < 4) throw new RangeError('an ATTACH record is cut short');
  const client = new DataView(bytes.buffer, bytes.byteOffset).getUint32(start, true);
  return {
    manner: flags & MANNER,
    client,
    hasLines: (flags & AttachFlag.LINES) !== 0,
    isMute: (flags & AttachFlag.MUTE) !== 0,
    isStateless: (flags & AttachFlag.STATELESS) !== 0,
    init: Uint8Array.prototype.slice.call(bytes, start + 4, stop),
  };
}
