/**
 * Name: what a session may be called in the vault. Imports nothing.
 */

/**
 * 1 to 64 letters, digits and `_ . - + @`. Not `.` or `..`: as pieces of a path HTTP clients take them out, percent-encoded too,
 * so that a request would go to another path (WHATWG URL: path state).
 */
export const NAME = /^(?!\.{1,2}$)[\p{L}\p{N}_.+@-]{1,64}$/u;

/** The same in words, for refusals. */
export const NAME_FORM = '1 to 64 letters, digits and _ . - + @, and not . or ..';
