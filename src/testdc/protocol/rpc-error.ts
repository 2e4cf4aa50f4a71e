/**
 * DcRpcError: an answer that is an error, `rpc_error#2144ca19` (protocol: RPC errors).
 * In: code and text. Out: an exception for methods to throw; its TL bytes.
 */
import { Writer } from '../../bytes/writer.ts';

/** The exception by which a method refuses a request. */
export class DcRpcError extends Error {
  override readonly name = 'DcRpcError';
  readonly code: number;

  /** `text` is Telegram's name of the error, e.g. FLOOD_WAIT_31. */
  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }

  /** TL bytes of `rpc_error`. */
  bytes(): Uint8Array {
    const text = Buffer.from(this.message);
    const out = new Writer(16 + text.length);
    out.int32(0x2144ca19);
    out.int32(this.code);
    out.string(text);
    return out.written();
  }
}
