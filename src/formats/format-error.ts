/**
 * What is wrong with a session in a foreign form, in one sentence.
 * In: a sentence. Out: an error. Never: a part of what was read: it is a key.
 */

/** A text, file or folder that is no session, or a session that a format cannot hold. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
