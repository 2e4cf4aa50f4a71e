/**
 * Data key: 32 random bytes that seal the rows. The vault's file `key` has them, encrypted with the operator's key or passphrase.
 * In: the folder, a key source. Out: the data key. Never: rows sealed anew when the passphrase changes; an unencrypted data key on
 * the disk unless the operator gave neither.
 *
 * The file has one JSON object twice, each with a checksum: one of them may be damaged. Format and version are in it, so that a
 * vault of a newer version is refused before LMDB opens it.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
  scrypt,
} from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './atomic-file.ts';
import { KEY_VARIABLE, type KeySource, PASSPHRASE_VARIABLE } from './key-source.ts';
import { makeFilePrivate } from './permissions.ts';
import { FORMAT_VERSION } from './seal.ts';
import { asVaultError } from './system-error.ts';
import { VaultError } from './vault.ts';

const FILE = 'key';
const FORMAT = 'mtproto2json vault';
/** Cost of scrypt: 128 MiB and half a second for each guess of a passphrase (528 ms measured). */
const COST = { n: 2 ** 17, r: 8, p: 1 } as const;
/** What Node allows scrypt, bytes: more than the cost needs. */
const SCRYPT_MEMORY = 256 * 1024 * 1024;

/** The JSON object of the file `key`, without its checksum. */
interface Wrapped {
  readonly format: string;
  readonly version: number;
  readonly wrap: KeySource['kind'];
  /** Cost and salt of a passphrase. */
  readonly scrypt?: { readonly n: number; readonly r: number; readonly p: number; readonly salt: string };
  /** Base64 of nonce, encrypted data key and tag; of the data key itself if `wrap` is `modes`. */
  readonly key: string;
}

/**
 * The vault's data key; a new vault gets one. Only while the vault is empty may this change its protection: later `rewrap` does.
 * @param isEmpty the vault has no data file yet
 * @param maySeal an empty vault that file modes alone protect gets the protection of `source`
 * @throws VaultError `VaultClosed`
 */
export async function dataKey(
  folder: string,
  source: KeySource,
  isEmpty: boolean,
  maySeal: boolean,
): Promise<KeyObject> {
  const path = join(folder, FILE);
  if (!existsSync(path)) {
    if (!isEmpty)
      throw new VaultError('VaultClosed', `${folder} holds sealed sessions, but not the file that opens them: ${FILE}`);
    const key = randomBytes(32);
    // False if another process was faster: then its data key is the vault's.
    if (writeAtomically(path, await wrap(key, source), false)) return secret(key);
  }
  const wrapped = readWrapped(path);
  const key = await unwrap(wrapped, source, folder);
  if (wrapped.wrap === 'modes' && source.kind !== 'modes') {
    // A key that was given by mistake must not become the one that the sessions need.
    if (!isEmpty || !maySeal) throw new VaultError('VaultClosed', notSealed(source.kind, folder));
    writeAtomically(path, await wrap(key, source), true);
  }
  return secret(key);
}

/**
 * Encrypts the data key with another key or passphrase; rows stay as they are.
 * @throws VaultError `VaultClosed` if `from` is not the present one
 */
export async function rewrap(folder: string, from: KeySource, to: KeySource): Promise<void> {
  const path = join(folder, FILE);
  const key = await unwrap(readWrapped(path), from, folder);
  writeAtomically(path, await wrap(key, to), true);
  key.fill(0);
}

function secret(key: Buffer): KeyObject {
  const made = createSecretKey(key);
  key.fill(0);
  return made;
}

async function wrap(key: Buffer, source: KeySource): Promise<Buffer> {
  const head: Omit<Wrapped, 'key'> = {
    format: FORMAT,
    version: FORMAT_VERSION,
    wrap: source.kind,
    ...(source.kind === 'passphrase' ? { scrypt: { ...COST, salt: randomBytes(16).toString('base64') } } : {}),
  };
  const outer = await wrappingKey(head, source);
  const sealed = outer === undefined ? key : seal(outer, key, head);
  const wrapped: Wrapped = { ...head, key: sealed.toString('base64') };
  const line = `${JSON.stringify({ ...wrapped, sum: sumOf(wrapped) })}\n`;
  return Buffer.from(line + line);
}

async function unwrap(wrapped: Wrapped, source: KeySource, folder: string): Promise<Buffer> {
  const { key, ...head } = wrapped;
  const bytes = Buffer.from(key, 'base64');
  if (wrapped.wrap === 'modes') return bytes;
  if (wrapped.wrap !== source.kind) throw new VaultError('VaultClosed', needs(wrapped.wrap, folder));
  const data = open((await wrappingKey(head, source))!, bytes, head);
  const what = wrapped.wrap === 'key' ? 'key' : 'passphrase';
  if (data === undefined) throw new VaultError('VaultClosed', `this is not the ${what} of the vault ${folder}`);
  return data;
}

function notSealed(kind: 'key' | 'passphrase', folder: string): string {
  return (
    `the vault ${folder} is not sealed, but a ${kind} was given for it: leave it out, ` +
    `or seal the vault with \`mtproto2json sessions rotate-key --new-vault-${kind}-file FILE\``
  );
}

function needs(kind: 'key' | 'passphrase', folder: string): string {
  const [flag, variable] =
    kind === 'key' ? ['--vault-key-file', KEY_VARIABLE] : ['--vault-passphrase-file', PASSPHRASE_VARIABLE];
  return `the vault ${folder} is sealed with a ${kind}: give ${flag} or ${variable}`;
}

async function wrappingKey(head: Omit<Wrapped, 'key'>, source: KeySource): Promise<Buffer | undefined> {
  if (source.kind === 'modes') return undefined;
  if (source.kind === 'key') return source.key;
  const { n: N, r, p, salt } = head.scrypt!;
  return new Promise((done, failed) => {
    const options = { N, r, p, maxmem: SCRYPT_MEMORY };
    scrypt(source.passphrase.normalize('NFC'), Buffer.from(salt, 'base64'), 32, options, (error, key) =>
      error === null ? done(key) : failed(error),
    );
  });
}

function seal(outer: Buffer, key: Buffer, head: object): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', outer, nonce);
  cipher.setAAD(Buffer.from(JSON.stringify(head)));
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

function open(outer: Buffer, sealed: Buffer, head: object): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', outer, sealed.subarray(0, 12));
  decipher.setAAD(Buffer.from(JSON.stringify(head)));
  decipher.setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function readWrapped(path: string): Wrapped {
  let text: string;
  try {
    makeFilePrivate(path);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw asVaultError(error, 'VaultClosed', `the vault's file ${path} cannot be read`);
  }
  // Copies are found by how they begin, not by lines: the damaged bit may be in the line end between them.
  for (const start of [...text.matchAll(/\{"format"/g)].map(({ index }) => index)) {
    const wrapped = copyAt(text, start);
    if (wrapped === undefined) continue;
    if (wrapped.version > FORMAT_VERSION) throw newer(path, wrapped.version);
    return wrapped;
  }
  throw new VaultError('VaultClosed', `${path} is not the key of a vault, or it is damaged`);
}

function newer(path: string, version: number): VaultError {
  const words = `${path} is of a newer vault (version ${version}, this program reads ${FORMAT_VERSION})`;
  return new VaultError('VaultClosed', words);
}

/** The copy that begins at `start`, if its checksum is right. */
function copyAt(text: string, start: number): Wrapped | undefined {
  const end = text.indexOf('"}', text.indexOf('"sum"', start));
  try {
    const { sum, ...wrapped } = JSON.parse(text.slice(start, end + 2)) as Wrapped & { sum: string };
    return wrapped.format === FORMAT && sum === sumOf(wrapped) ? wrapped : undefined;
  } catch {
    return undefined;
  }
}

function sumOf(wrapped: Wrapped): string {
  return createHash('sha256').update(JSON.stringify(wrapped)).digest('base64').slice(0, 22);
}
