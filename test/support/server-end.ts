/**
 * Server end: a data centre's end of a connection, for tests of the client's transports. The frames are those of the test
 * data centre, which were written apart from them.
 * In: the client's bytes, packets to send. Out: packets, stream bytes; which transport the client speaks.
 * Never: padding cut away: a packet of the padded transport comes with what stands behind it.
 */
import { randomFillSync } from 'node:crypto';
import type { Writer } from '../../src/bytes/writer.ts';
import { ServerFraming } from '../../src/testdc/wire/server-framing.ts';
import { makeTransport } from '../../src/transport/make.ts';
import type { PacketSink, Transport, TransportName } from '../../src/transport/transport.ts';
import { framed } from './packets.ts';

type Fill = (bytes: Uint8Array) => void;

const systemFill: Fill = (bytes) => void randomFillSync(bytes);

export class ServerEnd implements Transport {
  readonly #framing: ServerFraming;
  /** The DC id that an obfuscated client named. */
  dc: number | undefined;

  /** @param fill random bytes for padding @param secret of an MTProxy: nothing but obfuscation under it is taken then */
  constructor(fill: Fill = systemFill, secret?: Uint8Array) {
    const env = { now: () => 0, fill, after: () => () => {} };
    const proxy = secret === undefined ? undefined : { secret, isPaddedOnly: false };
    this.#framing = new ServerFraming(env, (dc) => void (this.dc = dc), proxy);
  }

  get name(): TransportName | undefined {
    return this.#framing.name;
  }

  get isObfuscated(): boolean {
    return this.#framing.isObfuscated;
  }

  /** A server sends nothing first. */
  open(_out: Writer): void {}

  begin(out: Writer): number {
    return out.pos;
  }

  end(out: Writer, mark: number): void {
    const packet = Buffer.from(out.written(mark));
    out.pos = mark;
    this.#framing.write(packet, out);
  }

  unpack(bytes: Uint8Array, start: number, end: number, sink: PacketSink): void {
    // The framing keeps first bytes as they lie in what it was given.
    this.#framing.feed(Uint8Array.from(bytes.subarray(start, end)), {
      packet: (packet) => sink.packet(packet, 0, packet.length),
      broken: (why) => sink.broken(why),
    });
  }
}

/** A server end that a client has spoken to before, in transport `name`: what it sends is framed so. */
export function serverOf(name: TransportName, fill?: Fill): ServerEnd {
  const server = new ServerEnd(fill);
  const hello = framed(makeTransport(name), [Buffer.alloc(24)], true);
  server.unpack(hello, 0, hello.length, { packet: () => {}, status: () => {}, broken: () => {} });
  return server;
}
