/**
 * A load generator that speaks msgpack: one session, the same request again and again.
 * In: messages `{open}`, `{run}`. Out: `{opened}`, `{began}`, `{ended}`, `{result}`, `{failed}`.
 * Never: unpacks an answer: its length says whether it is the right one; outlives its parent.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { randomBytes } from 'node:crypto';
import { Packr } from 'msgpackr';

export interface PackedRun {
  readonly what: 'download' | 'upload';
  readonly inFlight: number;
  readonly seconds: number;
}

export interface PackedResult {
  readonly requests: number;
  readonly seconds: number;
}

const PART = 524_288;
const packr = new Packr({ useRecords: false, variableMapSize: true });
const LOCATION = {
  _cons: 'inputDocumentFileLocation',
  id: 1n,
  access_hash: 1n,
  file_reference: Buffer.alloc(0),
  thumb_size: '',
};
const FRAMES = {
  first: frame({ id: 1, message: { _cons: 'help.getNearestDc' } }),
  download: frame({ id: 2, message: { _cons: 'upload.getFile', location: LOCATION, offset: 0, limit: PART } }),
  upload: frame({
    id: 3,
    message: { _cons: 'upload.saveFilePart', file_id: 7n, file_part: 0, bytes: randomBytes(PART) },
  }),
} as const;
/** Frame lengths of right answers: a part and little beside it; `{id, message: true}`. */
const RIGHT = { download: [PART, PART + 200], upload: [14, 14] } as const;

function frame(message: object): Buffer {
  const packed = packr.pack(message);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(packed.length);
  return Buffer.concat([head, packed]);
}

/** Counts frames by their lengths alone. */
class Frames {
  #head = Buffer.alloc(4);
  #headRead = 0;
  #left = 0;
  readonly #onFrame: (length: number) => void;

  constructor(onFrame: (length: number) => void) {
    this.#onFrame = onFrame;
  }

  take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headRead < 4) {
        this.#head[this.#headRead++] = chunk[at++]!;
        if (this.#headRead === 4) this.#left = this.#head.readUInt32BE();
      } else {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
      }
      if (this.#headRead < 4 || this.#left > 0) continue;
      this.#headRead = 0;
      this.#onFrame(this.#head.readUInt32BE());
    }
  }
}

let socket: Socket | undefined;
let onFrame: (length: number) => void = () => undefined;

async function open(port: number): Promise<object> {
  const from = performance.now();
  const frames = new Frames((length) => onFrame(length));
  socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.on('data', (chunk: Buffer) => frames.take(chunk));
  socket.write(FRAMES.first);
  await new Promise<void>((resolve) => (onFrame = () => resolve()));
  return { opened: (performance.now() - from) / 1000 };
}

function measure({ what, inFlight, seconds }: PackedRun): Promise<PackedResult> {
  const request = FRAMES[what];
  const [least, most] = RIGHT[what];
  let requests = 0;
  let owed = inFlight;
  let took = 0;
  const from = performance.now();
  return new Promise((resolve, reject) => {
    onFrame = (length) => {
      if (length < least || length > most) reject(new Error(`an answer of ${length} bytes`));
      owed--;
      requests++;
      if (took === 0 && performance.now() - from >= seconds * 1000) {
        took = (performance.now() - from) / 1000;
        tell({ ended: true });
      }
      if (took === 0) {
        owed++;
        socket!.write(request);
      } else if (owed === 0) resolve({ requests, seconds: took });
    };
    for (let i = 0; i < inFlight; i++) socket!.write(request);
  });
}

function tell(message: object): void {
  process.send!(message);
}

type Order = { open: { port: number } } | { run: PackedRun };

async function obey(order: Order): Promise<object> {
  if ('open' in order) return open(order.open.port);
  tell({ began: true });
  return { result: await measure(order.run) };
}

process.on('message', (order: Order) => {
  obey(order).then(tell, (error: unknown) => tell({ failed: String(error) }));
});
process.on('disconnect', () => process.exit());
console.log('ready');
