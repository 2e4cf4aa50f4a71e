/**
 * RPC ask: `POST /v1/rpc`, whose body is a line.
 * In: bodies, headers. Out: the body as it came, with the idempotency key of the header in it. Never: reads more of it than its first bracket.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { ErrorName } from '../errors.ts';
import type { Ask, Asking, Unserved, Verdict } from './http-ask.ts';
import { statusOf, statusOfError } from './http-status.ts';
import { keyOfHeaders } from './idempotency-key.ts';
import { firstByte, skipSpace } from './method-line.ts';
import { movedPosition } from './moved-position.ts';

const verdict = (isBad: boolean, outcome: number): Verdict => ({ status: isBad ? 400 : statusOf(outcome) });

const PLAIN: Ask = { verdict, statusOfError };

/** `POST /v1/rpc`. */
export const rpc: Asking = { body: 'Request', hasKey: true, ask: (_, headers) => askWith(headers), statusOfError };

function askWith(headers: IncomingHttpHeaders): Ask | Unserved {
  const key = keyOfHeaders(headers);
  if (key === undefined) return PLAIN;
  return typeof key === 'object' ? key : new KeyedAsk(key);
}

/** A line whose `key` stands in a header; one in the body too is `DuplicateKey`. */
class KeyedAsk implements Ask {
  readonly #key: string;
  /** How much further back the rest of the body stands in the line. */
  #shift = 0;

  constructor(key: string) {
    this.#key = key;
  }

  line(body: Buffer): Buffer {
    const open = firstByte(body);
    // Whatever it is instead of an object is refused as it came.
    if (body[open] !== OPEN) return body;
    const isEmpty = body[skipSpace(body, open + 1, body.length)] === CLOSE;
    const member = Buffer.from(`"key":${JSON.stringify(this.#key)}${isEmpty ? '' : ','}`);
    this.#shift = member.length;
    return Buffer.concat([body.subarray(0, open + 1), member, body.subarray(open + 1)]);
  }

  verdict(isBad: boolean, outcome: number, answer: Buffer): Verdict {
    return { ...verdict(isBad, outcome), answer: movedPosition(answer, outcome, this.#shift) };
  }

  statusOfError(name: ErrorName): number {
    return statusOfError(name);
  }
}

const [OPEN, CLOSE] = [0x7b, 0x7d];
