/** An answer that is an error: `rpc_error#2144ca19` (protocol: RPC errors). Thrown by answers. */
import { Writer } from '../../bytes/writer.ts';

export class DcRpcError extends Error {
  override readonly name = 'DcRpcError';
  readonly code: number;

  /** @param text Telegram's name, e.g. FLOOD_WAIT_31 */
  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }

  bytes(): Uint8Array {
    const text = Buffer.from(this.message);
    const out = new Writer(16 + text.length);
    out.int32(0x2144ca19);
    out.int32(this.code);
    out.string(text);
    return out.written();
  }
}
