/**
 * p_q_inner_data: what a client encrypts for the DC's RSA key in req_DH_params (protocol: Key exchange, step 5).
 * In: encrypted_data, the exchange it belongs to. Out: new_nonce and the key's lifetime, or what is wrong.
 * Never: a note of what is wrong; the caller has the list.
 */
import { Reader } from '../../bytes/reader.ts';
import { sha1Of } from './key-exchange.ts';
import type { Pq } from './pq.ts';
import type { ServerKey } from './server-key.ts';

/** Transport codes that end a key exchange: for data that is wrong, and for a DC that is another. */
export const WRONG_DATA = -404;
const WRONG_DC = -444;

/** What reading needs to know of the data centre. */
export interface InnerDataSettings {
  readonly dcId: number;
  /** How clients may name the DC: `production` by its id, `test` by id + 10000, `any` by both. */
  readonly environment: 'production' | 'test' | 'any';
  readonly serverKey: ServerKey;
  /** Whether the RSA padding from before 2021 is taken too. */
  readonly acceptsOldPadding: boolean;
}

/** What p_q_inner_data has to repeat of its exchange. */
interface Expected {
  readonly nonce: Buffer;
  readonly serverNonce: Buffer;
  readonly pq: Pq;
}

/** What p_q_inner_data brings. */
export interface InnerData {
  /** 32 bytes. */
  readonly newNonce: Buffer;
  /** Seconds that a temporary key is to live; 0 for a permanent one. */
  readonly expiresIn: number;
}

/** Why data is refused, and by which transport code. */
interface Refusal {
  readonly detail: string;
  readonly code: number;
}

/** The kinds of p_q_inner_data by constructor number. */
const KINDS = new Map([
  [0x83c95aec, { hasDc: false, isTemporary: false }],
  [0xa9f55f95, { hasDc: true, isTemporary: false }],
  [0x3c6a84d4, { hasDc: false, isTemporary: true }],
  [0x56fddf88, { hasDc: true, isTemporary: true }],
]);

/** Opens encrypted_data: RSA_PAD or, where taken, the padding from before 2021. May throw TlReadError. */
export function openInnerData(encrypted: Buffer, expected: Expected, settings: InnerDataSettings): InnerData | Refusal {
  const { serverKey, acceptsOldPadding } = settings;
  const data = serverKey.unpad(encrypted);
  if (data !== undefined) return read(new Reader(data), expected, settings);
  const old = acceptsOldPadding ? serverKey.unpadOld(encrypted) : undefined;
  if (old === undefined) return refused('encrypted_data does not open');
  const reader = new Reader(old.rest);
  const inner = read(reader, expected, settings);
  if (sha1Of(old.rest.subarray(0, reader.pos)).equals(old.hash)) return inner;
  return refused('encrypted_data: wrong hash');
}

/** Reads one of the four kinds, and holds it against the exchange. */
function read(reader: Reader, expected: Expected, settings: InnerDataSettings): InnerData | Refusal {
  const kind = KINDS.get(reader.uint32());
  if (kind === undefined) return refused('no p_q_inner_data inside encrypted_data');
  const { pq, p, q } = expected.pq;
  for (const number of [pq, p, q]) if (!number.equals(reader.view())) return refused('inner data: wrong pq, p or q');
  if (!expected.nonce.equals(reader.raw(16))) return refused('inner data: wrong nonce');
  if (!expected.serverNonce.equals(reader.raw(16))) return refused('inner data: wrong server_nonce');
  const newNonce = Buffer.from(reader.raw(32));
  const dc = kind.hasDc ? reader.int32() : undefined;
  const expiresIn = kind.isTemporary ? reader.int32() : 0;
  if (kind.isTemporary && expiresIn <= 0) return refused('inner data: expires_in is not positive');
  if (dc !== undefined && !fits(dc, settings)) return refused(`inner data: dc ${dc} is not this one`, WRONG_DC);
  return { newNonce, expiresIn };
}

/** Whether a DC number means this DC: the id, + 10000 in the test environment, negative for media. */
function fits(dc: number, { dcId, environment }: InnerDataSettings): boolean {
  const id = Math.abs(dc);
  return (environment !== 'test' && id === dcId) || (environment !== 'production' && id === dcId + 10_000);
}

function refused(detail: string, code = WRONG_DATA): Refusal {
  return { detail, code };
}
