/**
 * Format error: why a text, file or folder cannot be read as a session, or a session not be written in a format.
 * In: one sentence. Out: an error. Never: a part of what was read, which may be a key.
 */

/** A text, file or folder that is no session, or a session that a format has no room for. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
