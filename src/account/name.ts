/**
 * Name: what a session may be called in the vault. Imports nothing.
 */

/** 1 to 64 letters, digits and `_ . - + @`. */
export const NAME = /^[\p{L}\p{N}_.+@-]{1,64}$/u;

/** The same in words, for refusals. */
export const NAME_FORM = '1 to 64 letters, digits and _ . - + @';
