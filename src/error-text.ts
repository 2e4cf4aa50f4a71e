/**
 * Error text: the message of whatever was thrown. Imports nothing.
 */

/** The message of an `Error`; anything else as text. For the log and the terminal. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
