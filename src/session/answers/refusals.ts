/**
 * Refusals: what a session tells its client when it cannot do what was asked (wire: Errors).
 * In: a name of the error table and the little that varies. Out: a `Refusal`. Never: a client's values, a key, an
 * address inside the network; a text that the table has already.
 */
import type { ClaimFault } from '../../batch/claims.ts';
import type { Refusal } from '../../dialect/dialect.ts';
import { ERRORS, type ErrorName } from '../../errors.ts';
import type { EncodeError } from '../../tl/codec.ts';

/** What may be said beside the name. */
export type More = Partial<Omit<Refusal, 'error'>>;

/** An error by its name: text and consequences as the table has them, unless `more` knows better. */
export function refusal(error: ErrorName, more: More = {}): Refusal {
  return { error, msg: ERRORS[error].text, ...more };
}

/** Why a key could not be claimed. @param path of the field that asked for it */
export function refusalOfClaim(fault: ClaimFault, path: string): Refusal {
  if (fault === 'full') return refusal('TooManySessions', { retryAfter: 10 });
  return refusal('SessionInUse', { msg: 'another connection has this key in use', path });
}

/** The connection has lost the session that it spoke in, to another or because it was forgotten, and speaks in none. */
export function refusalOfGivenUp(): Refusal {
  return refusal('SessionNotFound', { msg: 'the session of this connection was given up; name another' });
}

/** Fills in what the table says of retrying and delivery, for lines that answer a request. */
export function withConsequences(refused: Refusal): Refusal {
  const entry = ERRORS[refused.error];
  const { retryable, delivered, fatal } = entry;
  return { retryable, delivered, ...(fatal && { fatal }), ...refused };
}

/** Constructor number as clients see it. */
export function crcText(crc: number): string {
  return `0x${crc.toString(16).padStart(8, '0')}`;
}

/** What the codec refused, as a client is told. */
export function refusalOf(error: EncodeError): Refusal {
  return { error: error.code, msg: error.message, path: error.path, ...error.more };
}
