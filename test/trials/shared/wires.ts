/**
 * Wires: one connection to the gateway, of each kind: JSON lines, msgpack frames, HTTP kept alive with pipelined requests.
 * In: requests as objects. Out: answers and notices as objects; the end. Never: what is in them.
 */
import { connect, type Socket } from 'node:net';
import { Packr } from 'msgpackr';
import type { Line } from '../../support/ledger.ts';

export type Kind = 'http' | 'lines' | 'msgpack';

/** Who is told. */
export interface Ear {
  heard(line: Line): void;
  /** The connection is over, and nobody here has closed it. */
  closed(): void;
}

export interface Ports {
  readonly lines: number;
  readonly http: number;
}

/** What goes over a connection, and back. */
interface Framing {
  write(request: Line): Uint8Array | string;
  /** @returns what was whole in the bytes so far, and how many were used */
  cut(bytes: Buffer): { lines: Line[]; used: number };
}

const LF = 10;

const LINES: Framing = {
  write: (request) => `${JSON.stringify(request)}\n`,
  cut(bytes) {
    const lines: Line[] = [];
    let at = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, at)) {
      lines.push(JSON.parse(bytes.toString('utf8', at, end)) as Line);
      at = end + 1;
    }
    return { lines, used: at };
  },
};

/** Numbers as numbers: none that is asked for here is beyond 2^53. */
const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number' });

const FRAMES: Framing = {
  write(request) {
    const packed = packr.pack(request);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(packed.length);
    return Buffer.concat([head, packed]);
  },
  cut(bytes) {
    const lines: Line[] = [];
    let at = 0;
    while (bytes.length - at >= 4 && bytes.length - at >= 4 + bytes.readUInt32BE(at)) {
      const stop = at + 4 + bytes.readUInt32BE(at);
      lines.push(packr.unpack(Buffer.from(bytes.subarray(at + 4, stop))) as Line);
      at = stop;
    }
    return { lines, used: at };
  },
};

const HEAD_END = Buffer.from('\r\n\r\n');

const HTTP: Framing = {
  write(request) {
    const body = JSON.stringify(request);
    const head = 'POST /v1/rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ';
    return `${head}${Buffer.byteLength(body)}\r\n\r\n${body}`;
  },
  cut(bytes) {
    const lines: Line[] = [];
    let at = 0;
    for (let end = bytes.indexOf(HEAD_END); end !== -1; end = bytes.indexOf(HEAD_END, at)) {
      const head = bytes.toString('latin1', at, end);
      const length = /^content-length: *(\d+)/im.exec(head)?.[1];
      if (length === undefined) throw new Error(`a response without a length: ${head.slice(0, 200)}`);
      const stop = end + HEAD_END.length + Number(length);
      if (stop > bytes.length) break;
      lines.push(JSON.parse(bytes.toString('utf8', end + HEAD_END.length, stop)) as Line);
      at = stop;
    }
    return { lines, used: at };
  },
};

const FRAMINGS: Readonly<Record<Kind, Framing>> = { lines: LINES, msgpack: FRAMES, http: HTTP };

export class Wire {
  readonly #socket: Socket;
  readonly #framing: Framing;
  #part: Buffer = Buffer.alloc(0);
  #isOver = false;

  constructor(kind: Kind, ports: Ports, ear: Ear) {
    this.#framing = FRAMINGS[kind];
    const port = kind === 'http' ? ports.http : ports.lines;
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk, ear));
    this.#socket.on('close', () => {
      if (this.#isOver) return;
      this.#isOver = true;
      ear.closed();
    });
  }

  #take(chunk: Buffer, ear: Ear): void {
    this.#part = this.#part.length === 0 ? chunk : Buffer.concat([this.#part, chunk]);
    const { lines, used } = this.#framing.cut(this.#part);
    this.#part = this.#part.subarray(used);
    for (const line of lines) if (!this.#isOver) ear.heard(line);
  }

  send(request: Line): void {
    this.#socket.write(this.#framing.write(request));
  }

  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }
}
