/**
 * Data centre: whether one answers the first step of the key exchange as one of ours (protocol: Key exchange).
 * In: where, how to speak, which RSA keys are trusted. Out: its time, or why not in words.
 * Never: a second step: nothing is left behind at the server; longer than its time.
 */
import { connect, type Socket } from 'node:net';
import { unreachableWords } from '../address/unreachable.ts';
import { Reader } from '../bytes/reader.ts';
import { Writer } from '../bytes/writer.ts';
import { fillRandom } from '../crypto/random.ts';
import type { PublicKey } from '../crypto/rsa.ts';
import { connectThrough, type Socks } from '../main/links/socks.ts';
import { Handshake } from '../session/handshake/handshake.ts';
import { foreignProtocol } from '../transport/foreign.ts';
import { makeTransport } from '../transport/make.ts';
import type { TransportName } from '../transport/transport.ts';

/** One address of a data centre, and how to speak to it. */
export interface Target {
  /** Where to dial: the data centre, or the MTProxy before it. */
  readonly host: string;
  readonly port: number;
  /** As the exchange names it: +10000 for the test environment. */
  readonly dc: number;
  readonly transport: TransportName;
  readonly obfuscated: boolean;
  readonly secret: Uint8Array | undefined;
  readonly socks: Socks | undefined;
  readonly keys: readonly PublicKey[];
}

/** The server's time, Unix s; or what went wrong, a clause, and what to do. */
export type CentreAnswer = { readonly serverTime: number } | { readonly why: string; readonly todo: string };

const NETWORK = 'check the network, the firewall, --proxy and --mtproxy';
const NOT_ONE =
  'look for a captive portal or an HTTP proxy on the way; check --dc-host and --dc-port if they are given';
/** auth_key_id, msg_id, length. */
const PLAIN_HEAD = 20;

/** Dials and sends `req_pq_multi`. @param within ms for the whole @returns what came of it; never rejects */
export async function askDataCentre(target: Target, within: number): Promise<CentreAnswer> {
  return new Promise((resolve) => {
    const end = (answer: CentreAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    let isUp = false;
    const timer = setTimeout(
      () => end({ why: isUp ? 'takes the connection but does not answer' : 'does not answer', todo: NETWORK }),
      within,
    );
    const socket = dial(target, within, up, () => end({ why: 'is refused by the proxy', todo: 'check --proxy' }));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end({ why: `cannot be reached: ${unreachableWords(error.code ?? error.message)}`, todo: NETWORK }),
    );
    socket.on('close', () => end({ why: 'closes the connection without an answer', todo: NOT_ONE }));

    function up(): void {
      isUp = true;
      speak(socket, target, end);
    }
  });
}

function dial({ host, port, socks }: Target, within: number, up: () => void, refused: () => void): Socket {
  if (socks !== undefined) return connectThrough(socks, host, port, within, up, refused);
  return connect({ host, port }).once('connect', up);
}

/** Sends `req_pq_multi`, and judges what comes back. */
function speak(socket: Socket, target: Target, end: (answer: CentreAnswer) => void): void {
  const { transport: name, obfuscated, secret, dc, keys } = target;
  const transport = makeTransport(name, { isObfuscated: obfuscated || secret !== undefined, secret, dc });
  const handshake = new Handshake(keys, dc, fillRandom);
  const out = new Writer();
  transport.open(out);
  const mark = transport.begin(out);
  out.long(0, 0);
  // A msg_id of this machine's clock: the server answers req_pq_multi whatever it is.
  out.long(0, Math.floor(Date.now() / 1000));
  const body = new Writer();
  handshake.start(body);
  out.int32(body.written().length);
  out.raw(body.written());
  transport.end(out, mark);
  socket.write(out.written());
  let isFirst = true;
  socket.on('data', (bytes) => {
    const text = isFirst ? foreignProtocol(bytes) : undefined;
    isFirst = false;
    if (text !== undefined) return end({ why: `answers as ${text}`, todo: NOT_ONE });
    transport.unpack(bytes, 0, bytes.length, {
      packet: (packet, start, stop) => end(judge(packet, start, stop, handshake)),
      status: (code) => end({ why: `answers with ${code}`, todo: 'check --dc-id, --test and --transport' }),
      broken: (why) => end({ why: `does not speak MTProto (${why})`, todo: NOT_ONE }),
    });
  });
}

/** The answer has the nonce, a key that is trusted, and the server's time in its id. */
function judge(packet: Uint8Array, start: number, stop: number, handshake: Handshake): CentreAnswer {
  try {
    const head = new Reader(packet, start, stop);
    head.skip(12);
    const serverTime = head.uint32();
    handshake.receive(new Reader(packet, start + PLAIN_HEAD, stop), new Writer());
    return { serverTime };
  } catch (error) {
    return { why: `is not trusted: ${(error as Error).message}`, todo: "give the server's own key with --dc-key" };
  }
}
