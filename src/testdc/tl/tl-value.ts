/**
 * TL values inside the test DC: plain objects, since answers are written by hand.
 * `long` is a BigInt (a safe number is taken too), `bytes` and the int128s are Buffers, `_` is the constructor.
 */
export interface TlObject {
  _: string;
  [field: string]: TlValue | undefined;
}

/** A value of whatever TL type. */
export type TlValue = number | bigint | string | boolean | Uint8Array | TlObject | TlValue[];

/** A value the scheme does not allow, or bytes it does not know. */
export class TlObjectError extends Error {
  override readonly name = 'TlObjectError';
}
