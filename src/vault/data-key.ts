/**
 * Data key: 32 random bytes that seal the rows, kept in the vault's file `key`, wrapped by what the operator has.
 * In: the folder, a key source. Out: the data key. Never: sealed rows touched by another passphrase, an unwrapped key on
 * the disk unless there is nothing to wrap it with.
 *
 * The file is one JSON object, twice, each with a sum of its own: a file that bits fell out of still opens. Format and
 * version stand in it, so that a foreign or newer vault is refused before anything of it is read.
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
import { asVaultError, makeFilePrivate, writeWhole } from './folder.ts';
import { KEY_VARIABLE, type KeySource, PASSPHRASE_VARIABLE } from './key-source.ts';
import { FORMAT_VERSION } from './seal.ts';
import { VaultError } from './vault.ts';

const FILE = 'key';
const FORMAT = 'mtproto2json vault';
/** scrypt: 128 MiB and half a second a guess (528 ms measured). */
const COST = { n: 2 ** 17, r: 8, p: 1 } as const;
const SCRYPT_MEMORY = 256 * 1024 * 1024;

interface Wrapped {
  readonly format: string;
  readonly version: number;
  readonly wrap: KeySource['kind'];
  /** Of the passphrase. */
  readonly scrypt?: { readonly n: number; readonly r: number; readonly p: number; readonly salt: string };
  /** Nonce, sealed data key, tag; the data key itself if there is nothing to wrap it with. */
  readonly key: string;
}

/**
 * The vault's data key; a new vault gets one. What seals it changes here only while it is empty: afterwards `rewrap` alone does.
 * @param isEmpty there is nothing yet that it would have sealed
 * @param maySeal one that is empty and not sealed is sealed with what is given
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
    // Another process may have been faster: then its key is the vault's.
    if (writeWhole(path, await wrap(key, source), false)) return secret(key);
  }
  const wrapped = readWrapped(path);
  const key = await unwrap(wrapped, source, folder);
  if (wrapped.wrap === 'modes' && source.kind !== 'modes') {
    // A key that is given by mistake must not become what the sessions need from then on.
    if (!isEmpty || !maySeal) throw new VaultError('VaultClosed', isUnsealed(source.kind, folder));
    writeWhole(path, await wrap(key, source), true);
  }
  return secret(key);
}

/**
 * Wraps the data key anew; no row is touched.
 * @throws VaultError `VaultClosed` if `from` does not open it
 */
export async function rewrap(folder: string, from: KeySource, to: KeySource): Promise<void> {
  const path = join(folder, FILE);
  const key = await unwrap(readWrapped(path), from, folder);
  writeWhole(path, await wrap(key, to), true);
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

function isUnsealed(kind: 'key' | 'passphrase', folder: string): string {
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
  // The copies one by one, wherever they begin: the line end between them may be the bit that is wrong.
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

/** One copy, if its sum is right. */
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
