/**
 * Detection: the server's end of a connection whose client picks the transport by its first bytes.
 * In: stream bytes. Out: packets; frames in the transport found. Never: writes before it knows.
 */
import type { Writer } from '../bytes/writer.ts';
import { int32 } from './framing.ts';
import { INIT_LENGTH, Obfuscated } from './obfuscated.ts';
import { makePlain } from './plain.ts';
import type { PacketSink, Transport, TransportName } from './transport.ts';

/** First words of protocols that are not MTProto over TCP. */
const FOREIGN: ReadonlyMap<number, string> = new Map([
  [0x44414548, 'HTTP'],
  [0x54534f50, 'HTTP'],
  [0x20544547, 'HTTP'],
  [0x4954504f, 'HTTP'],
  [0x02010316, 'TLS'],
]);

export class Detecting implements Transport {
  readonly #fill: (bytes: Uint8Array) => void;
  readonly #secret: Uint8Array | undefined;
  #found: Transport | undefined;
  #broken = false;
  /** The first bytes, until they tell: at most the 64 of obfuscation. */
  readonly #first = new Uint8Array(INIT_LENGTH);
  #held = 0;
  /** The transport found. */
  name: TransportName | undefined;
  /** Whether it is wrapped in obfuscation, and then the DC id that the client named there. */
  obfuscated = false;
  dc: number | undefined;

  constructor(fill: (bytes: Uint8Array) => void, secret?: Uint8Array) {
    this.#fill = fill;
    this.#secret = secret;
  }

  /** A server sends nothing first. */
  open(_out: Writer): void {}

  begin(out: Writer): number {
    return this.#known().begin(out);
  }

  end(out: Writer, mark: number): void {
    this.#known().end(out, mark);
  }

  #known(): Transport {
    if (this.#found === undefined) throw new Error('the client has not said which transport it speaks');
    return this.#found;
  }

  unpack(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    let pos = start;
    while (this.#found === undefined && !this.#broken && pos < end) {
      this.#first[this.#held++] = bytes[pos++]!;
      this.#look(sink);
    }
    if (pos < end) this.#found?.unpack(bytes, pos, end, sink);
  }

  /** Decides at 1, 4, 8 and 64 bytes, the only lengths at which something new can be told. */
  #look(sink: PacketSink): void {
    const first = this.#first;
    if (this.#held === 1 && first[0] === 0xef) this.#use('abridged');
    else if (this.#held === 4) this.#lookAtWord(int32(first, 0), sink);
    else if (this.#held === 8 && int32(first, 4) === 0) {
      // Sequence number 0: the full transport, which has no first bytes of its own. Obfuscation avoids it.
      this.#use('full');
      this.#found?.unpack(first, 0, 8, sink);
    } else if (this.#held === INIT_LENGTH) this.#unwrap(sink);
  }

  #lookAtWord(word: number, sink: PacketSink): void {
    const foreign = FOREIGN.get(word);
    if (word === (0xeeeeeeee | 0)) this.#use('intermediate');
    else if (word === (0xdddddddd | 0)) this.#use('padded');
    else if (foreign !== undefined) this.#fail(sink, `${foreign} on a port for MTProto`);
  }

  #use(name: TransportName): void {
    this.name = name;
    this.#found = makePlain(name, 'server', this.#fill);
  }

  #unwrap(sink: PacketSink): void {
    const found = Obfuscated.server(this.#first, (name) => makePlain(name, 'server', this.#fill), {
      secret: this.#secret,
    });
    if (found === undefined) {
      this.#fail(sink, 'the first bytes name no transport');
      return;
    }
    this.name = found.name;
    this.obfuscated = true;
    this.dc = found.dc;
    this.#found = found.transport;
  }

  #fail(sink: PacketSink, why: string): void {
    this.#broken = true;
    sink.broken(why);
  }
}
