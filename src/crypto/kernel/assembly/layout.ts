/**
 * Layout: where everything lies in the kernel's memory. `../kernel.ts` repeats the parts it uses.
 * All places are fixed, so every access is one load with a constant offset.
 */

/** AES: 256 entries of 8 bytes, each column twice, so that the four rotations are unaligned loads. */
export const TE: usize = 0x1000;
/** The same for decryption (InvMixColumns of the inverse S-box). */
export const TD: usize = 0x1800;
export const INV_SBOX: usize = 0x2000;
/** Round keys, 15 x 16 bytes each. */
export const ENC_KEYS: usize = 0x2100;
export const DEC_KEYS: usize = 0x2200;
/** SHA-256: round inputs W[t] + K[t] of one block. */
export const SCHEDULE: usize = 0x2300;
/** SHA-256: the eight state words. */
export const STATE: usize = 0x2400;
/** 256-bit key then 2 x 128-bit iv (c0, p0). */
export const KEY: usize = 0x2420;
export const IV: usize = 0x2440;
/** One block for the two hashes of the key derivation. */
export const BLOCK: usize = 0x2480;
/** The first 128 bytes of the auth key: all that message encryption uses. */
export const AUTH: usize = 0x2500;
/** msg_key_large of the last hash. */
export const DIGEST: usize = 0x2580;
/** msg_key as it came with the packet. */
export const MSG_KEY: usize = 0x25a0;
/** Random bytes for the padding, laid out by the caller. */
export const PADDING: usize = 0x25c0;

/** The two plain blocks before the chunk that is being sealed through CBC. */
export const TAIL: usize = 0x25e0;

/** One chunk on its way to OpenSSL's CBC and back. */
export const CHUNK: usize = 0x3000;
export const CHUNK_SIZE: i32 = 0x8000;

/**
 * The message: 8 unused bytes, auth_key_id, msg_key, then the AES-encrypted part at DATA.
 * While hashing, the 32 bytes before DATA hold the auth key's fragment, so the hash input is one range.
 */
export const FRAME: usize = 0xc000;
export const DATA: usize = 0xc020;
