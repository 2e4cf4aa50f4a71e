/**
 * Fingerprint: whether two messages are the same, without keeping either.
 * In: bytes. Out: their SHA-256. Never: keeps them.
 */
import { createHash } from 'node:crypto';

/** SHA-256, 32 bytes. */
export function fingerprintOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
