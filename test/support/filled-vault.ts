/**
 * Filled vault: signed-in sessions under names, as if clients had signed in and gone.
 * In: a folder, keys that a test DC knows. Out: the vault, closed and clean. Never: a key exchange or a login.
 */
import { emptyRecord, recordRoom, writeRecord } from '../../src/account/record.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { openVault } from '../../src/vault/open.ts';
import type { Vault } from '../../src/vault/vault.ts';

/** A key that a test DC has signed in, and whose it is. */
export interface SignedIn {
  /** 256 bytes, base64. */
  readonly authKey: string;
  readonly userId: string;
  /** The salt in force, in decimal: with it nothing that is sent first is refused and sent again. */
  readonly salt: string;
}

const DC = 2;
/** The `api_id` that the test DC has noted for such keys. */
const API_ID = 1;
/** The salt is taken for so long, s. */
const SALT_TIME = 1_800;
/** Writes under way at once: those of one turn share a transaction. */
const AT_ONCE = 64;

/** Puts sessions into the vault of a folder, which is made if it is not there. */
export async function fillVault(folder: string, sessions: ReadonlyMap<string, SignedIn>): Promise<void> {
  const vault = await openVault({ folder });
  try {
    const entries = [...sessions];
    for (let i = 0; i < entries.length; i += AT_ONCE)
      await Promise.all(entries.slice(i, i + AT_ONCE).map(([name, session]) => keep(vault, name, session)));
  } finally {
    await vault.close();
  }
}

async function keep(vault: Vault, name: string, { authKey, userId, salt }: SignedIn): Promise<void> {
  const keys = [{ dc: DC, key: Uint8Array.from(Buffer.from(authKey, 'base64')) }];
  const [low, high] = [Number(BigInt.asIntN(32, BigInt(salt))), Number(BigInt.asIntN(32, BigInt(salt) >> 32n))];
  const salts = [{ since: 0, until: Math.floor(Date.now() / 1000) + SALT_TIME, low, high }];
  const record = { ...emptyRecord(DC, false), keys, salts, userId: BigInt(userId), apiId: API_ID };
  const out = new Writer(recordRoom(record));
  writeRecord(out, record);
  if ((await vault.claim(name)) === undefined) throw new Error(`${name} is in use`);
  await vault.release(name, out.written());
}
