/**
 * Faults of the key exchange, a wrong field in each (protocol: Key exchange; Diffie-Hellman checks), and of new sessions.
 * In: a true field, a new session. Out: a wrong field; the session's settings. Never: a key that the DC stores wrongly.
 */
import type { FieldName } from '../keys/dc-handshake.ts';
import { DH_PRIME } from '../keys/key-exchange.ts';
import type { How, FaultKind, FaultKinds } from './kind.ts';

/** The usual chance of a fault at each field. */
const USUAL = 0.004;

/** A fault that sends another value of a field. */
function wrong(name: FieldName, about: string, make: (value: Uint8Array, how: How) => Uint8Array): FaultKind<'field'> {
  return {
    moment: 'field',
    about,
    usual: USUAL,
    suits: (at) => at.name === name,
    play({ connection, value }, how) {
      // A client that cannot tell goes on with the wrong value, and breaks the exchange's rules by that.
      how.excuse(connection, 'key-exchange');
      return make(value, how);
    },
  };
}

/** A value with one bit flipped. */
function flip(value: Uint8Array, how: How): Uint8Array {
  const flipped = Buffer.from(value);
  if (flipped.length > 0) flipped[how.dice.below(flipped.length)]! ^= 1 << how.dice.below(8);
  return flipped;
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  return bytes;
}

/** Numbers that g_a must not be: 0, 1, p - 1, below 2^1984, and longer than p. */
function badPublics(): Buffer[] {
  const almost = Buffer.from(DH_PRIME);
  almost[255]! -= 1;
  return [
    Buffer.alloc(256),
    Buffer.concat([Buffer.alloc(255), Buffer.of(1)]),
    almost,
    Buffer.alloc(240, 1),
    Buffer.alloc(260, 9),
  ];
}

/** Moduli that are no safe prime of 2048 bits: even, too short, composite, too long. */
function badPrimes(): Buffer[] {
  const even = Buffer.from(DH_PRIME);
  even[255]! -= 1;
  const other = Buffer.from(DH_PRIME);
  other[100]! ^= 1;
  return [even, Buffer.from(DH_PRIME.subarray(1)), other, Buffer.concat([DH_PRIME, Buffer.of(1)]), Buffer.alloc(0)];
}

/** pq that is prime, even, a square, 1, too large, or nothing. */
const BAD_PQS = ['3fffffffffffffdf', '10', '17ed48941a08f981', '01', 'ffffffffffffffffffff', ''];

/** Faults of the key exchange by name. */
export const EXCHANGE: FaultKinds<'field'> = {
  'exchange.respq-nonce': wrong('resPQ.nonce', 'resPQ: nonce', flip),
  'exchange.respq-server-nonce': wrong('resPQ.server_nonce', 'resPQ: server_nonce', flip),
  'exchange.pq': wrong('resPQ.pq', 'resPQ: pq prime, even, square, 1 or huge', (_value, how) =>
    Buffer.from(how.dice.one(BAD_PQS), 'hex'),
  ),
  'exchange.fingerprint': wrong('resPQ.fingerprint', 'resPQ: fingerprint of a key nobody trusts', flip),
  'exchange.params-nonce': wrong('params.nonce', 'server_DH_params_ok: nonce', flip),
  'exchange.params-server-nonce': wrong('params.server_nonce', 'server_DH_params_ok: server_nonce', flip),
  'exchange.params-answer': wrong('params.answer', 'server_DH_params_ok: encrypted_answer', flip),
  'exchange.params-length': wrong('params.answer', 'server_DH_params_ok: not whole blocks', (value) =>
    Buffer.from(value.subarray(0, value.length - 4)),
  ),
  'exchange.inner-nonce': wrong('inner.nonce', 'server_DH_inner_data: nonce', flip),
  'exchange.inner-server-nonce': wrong('inner.server_nonce', 'server_DH_inner_data: server_nonce', flip),
  'exchange.g': wrong('inner.g', 'server_DH_inner_data: g', (_value, how) => int(how.dice.one([0, 1, 2, 6, 8, -3]))),
  'exchange.prime': wrong('inner.dh_prime', 'server_DH_inner_data: dh_prime', (_value, how) =>
    how.dice.one(badPrimes()),
  ),
  'exchange.g-a': wrong('inner.g_a', 'server_DH_inner_data: g_a out of range', (_value, how) =>
    how.dice.one(badPublics()),
  ),
  'exchange.time': wrong('inner.server_time', 'server_DH_inner_data: server_time years away', (value, how) =>
    int(Buffer.from(value).readInt32LE() + how.dice.one([-1, 1]) * (400 + how.dice.below(300_000_000))),
  ),
  'exchange.hash': wrong('inner.hash', 'SHA-1 of the inner data', flip),
  'exchange.padding': wrong('inner.padding', '16 bytes of padding and more', (value, how) =>
    Buffer.concat([value, how.dice.bytes(16)]),
  ),
  'exchange.gen-nonce': wrong('gen.nonce', 'dh_gen_ok: nonce', flip),
  'exchange.gen-server-nonce': wrong('gen.server_nonce', 'dh_gen_ok: server_nonce', flip),
  'exchange.gen-hash': wrong('gen.hash', 'dh_gen_ok: new_nonce_hash1', flip),
  'exchange.gen-kind': wrong(
    'gen.constructor',
    'dh_gen_retry, dh_gen_fail or noise with the hash of ok',
    (_value, how) => int(how.dice.one([0x46dc1fb9, 0xa69dae02, 0x05162463, 0])),
  ),
};

/** Faults of new sessions by name. */
export const SESSIONS: FaultKinds<'session'> = {
  'ack.never': {
    moment: 'session',
    about: 'the DC never acknowledges a request',
    usual: 0.03,
    play({ session }) {
      session.neverAcks = true;
    },
  },
  'clock.skew': {
    moment: 'session',
    about: 'the DC’s clock is off for this session, by seconds to years',
    usual: 0.03,
    play({ session }, how) {
      const seconds = how.dice.one([-1, 1]) * how.dice.one([1, 20, 100, 400, 3_600, 86_400, 30_000_000, 300_000_000]);
      session.skewMs = how.number('s', seconds) * 1000;
    },
  },
};
