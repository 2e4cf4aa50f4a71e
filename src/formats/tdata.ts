/**
 * Tdata: reads the accounts of Telegram Desktop's folder `tdata` (protocol: Session formats), each as a record.
 * In: the folder, and its passcode if there is one. Out: the accounts, in the program's order.
 * Never: a write to the folder; anything read but keys, user and environment.
 *
 * `key_datas` has the local key, encrypted with the passcode, and the list of accounts. The file of account n is named by
 * the MD5 of `data`, `data#2`, …; its first block has the user, the home data centre and a key for each. The folder of
 * that name has `configs`, whose second number tells a test account.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { emptyRecord, type SessionRecord } from '../account/record.ts';
import { FormatError } from './format-error.ts';
import { openLocal, passcodeKey } from './local-key.ts';
import { KEY_SIZE, keyFrom } from './parts.ts';
import { QtReader } from './qt-reader.ts';

const MAGIC = Buffer.from('TDF$');
/** Bytes of magic and version before a block, and of the MD5 behind it. */
const HEAD = 8;
const MD5 = 16;
const SALT = 32;
/** Bytes that a file may have: the files that are read here have some kilobytes. */
const MAX_FILE = 1 << 20;
const MAX_ACCOUNTS = 64;
const MAX_KEYS = 64;
/** Id of the first block in an account's file. */
const MTP_AUTHORIZATION = 75;
const CONFIG_VERSION = 1;

/** One account of the folder. */
export interface DesktopAccount {
  /** The account's number, from 1, as the program names its files. */
  readonly number: number;
  readonly record: SessionRecord;
}

/**
 * Reads the accounts that are signed in.
 * @param passcode empty for a folder without one
 * @throws FormatError for a folder that is none, is changed, or has another passcode
 */
export function readTdata(folder: string, passcode: Uint8Array = new Uint8Array()): DesktopAccount[] {
  const { localKey, indexes } = openKeyFile(folder, passcode);
  try {
    return indexes.flatMap((index) => readAccount(folder, index, localKey) ?? []);
  } finally {
    localKey.fill(0);
  }
}

function openKeyFile(folder: string, passcode: Uint8Array): { localKey: Buffer; indexes: number[] } {
  const file = new QtReader(requiredFile(folder, 'key_data'));
  const [salt, sealedKey, sealedInfo] = [file.bytes(), file.bytes(), file.bytes()];
  if (salt.length !== SALT) throw new FormatError('key_datas is not of a form known here');
  const outer = passcodeKey(passcode, salt);
  const localKey = openLocal(sealedKey, outer);
  outer.fill(0);
  if (localKey === undefined)
    throw new FormatError(
      passcode.length === 0
        ? 'the folder is locked with a passcode: give --passcode-file'
        : 'the passcode is not the one of this folder',
    );
  const info = openLocal(sealedInfo, localKey);
  if (localKey.length !== KEY_SIZE || info === undefined) throw new FormatError('key_datas is changed or cut off');
  const list = new QtReader(info);
  const indexes = Array.from({ length: list.count(MAX_ACCOUNTS) }, () => list.int32());
  return { localKey, indexes: [...new Set(indexes)].filter((index) => index >= 0 && index < MAX_ACCOUNTS) };
}

/** One account; undefined if nobody is signed in to it. */
function readAccount(folder: string, index: number, localKey: Buffer): DesktopAccount | undefined {
  const name = fileName(index === 0 ? 'data' : `data#${index + 1}`);
  const content = openFile(readBlock(folder, name), localKey);
  if (content === undefined) throw new FormatError(`the file of account ${index + 1} is missing, changed or cut off`);
  try {
    const file = new QtReader(content);
    if (file.int32() !== MTP_AUTHORIZATION) throw new FormatError(`account ${index + 1} is not of a form known here`);
    const record = readAuthorization(new QtReader(file.bytes()), isTest(folder, name, localKey));
    return record === undefined ? undefined : { number: index + 1, record };
  } finally {
    content.fill(0);
  }
}

function readAuthorization(r: QtReader, test: boolean): SessionRecord | undefined {
  let userId = BigInt(r.int32());
  let dc = r.int32();
  // Newer versions write -1 for the 32-bit user id and the data centre, then a 64-bit user id.
  if (userId === -1n && dc === -1) {
    userId = r.int64();
    dc = r.int32();
  }
  const keys = Array.from({ length: r.count(MAX_KEYS) }, () => ({ dc: r.int32(), key: r.raw(KEY_SIZE) }));
  if (userId <= 0n || !keys.some((kept) => kept.dc === dc)) return undefined;
  if (keys.some((kept) => kept.dc < 1 || kept.dc > 0xffff)) throw new FormatError('a data centre in it is none');
  return { ...emptyRecord(dc, test), userId, keys: keys.map((kept) => ({ dc: kept.dc, key: keyFrom(kept.key) })) };
}

/** Whether an account is of the test data centres. Without the file, or if it cannot be read, it is of production, as nearly all are. */
function isTest(folder: string, name: string, localKey: Buffer): boolean {
  const content = openFile(readBlock(join(folder, name), 'config'), localKey);
  if (content === undefined) return false;
  try {
    const config = new QtReader(new QtReader(content).bytes());
    return config.int32() === CONFIG_VERSION && config.int32() === 1;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  } finally {
    content.fill(0);
  }
}

function openFile(block: Buffer | undefined, localKey: Buffer): Buffer | undefined {
  return block === undefined ? undefined : openLocal(new QtReader(block).bytes(), localKey);
}

/** Name of a file: the first 8 bytes of the name's MD5, in hex, the two digits of each byte exchanged. */
function fileName(name: string): string {
  const hex = createHash('md5').update(name).digest('hex').slice(0, 16);
  return hex.replaceAll(/(.)(.)/g, '$2$1').toUpperCase();
}

function requiredFile(folder: string, name: string): Buffer {
  const block = readBlock(folder, name);
  if (block === undefined)
    throw new FormatError(`${name}s is missing, changed or cut off: is this the folder "tdata" of Telegram Desktop?`);
  return block;
}

/** `TDF$, version i32 LE, block, MD5(block, its length, version, magic)`, in the first of the three files that is whole. */
function readBlock(folder: string, name: string): Buffer | undefined {
  for (const ending of ['s', '0', '1']) {
    const file = readSmall(join(folder, `${name}${ending}`));
    if (file === undefined || file.length < HEAD + MD5 || !file.subarray(0, 4).equals(MAGIC)) continue;
    const block = file.subarray(HEAD, file.length - MD5);
    const length = Buffer.alloc(4);
    length.writeInt32LE(block.length);
    const sum = createHash('md5').update(block).update(length).update(file.subarray(4, HEAD)).update(MAGIC).digest();
    if (timingSafeEqual(sum, file.subarray(file.length - MD5))) return block;
  }
  return undefined;
}

/** The bytes of a file; undefined if there is none, or it is too large. @throws FormatError if it may not be read */
function readSmall(path: string): Buffer | undefined {
  try {
    const { size } = statSync(path);
    return size > MAX_FILE ? undefined : readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new FormatError(`a file of the folder cannot be read (${code ?? 'unknown'})`);
  }
}
