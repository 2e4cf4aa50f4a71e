/**
 * System error: what the system or LMDB said, as an error of the vault.
 * In: whatever was thrown. Out: a VaultError with the system's code. Never: a message of LMDB's, which may quote a path or a key.
 */
import { constants } from 'node:os';
import { VaultError, type VaultFault } from './vault.ts';

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
/** LMDB's own error numbers that an operator can do something about. */
const LMDB: Readonly<Record<number, string>> = { [-30_792]: 'MDB_MAP_FULL', [-30_788]: 'MDB_TXN_FULL' };

/**
 * A VaultError stays what it is; every other error becomes one.
 * @param what the beginning of its sentence; the code (`ENOSPC`) stands behind it in brackets
 */
export function asVaultError(error: unknown, fault: VaultFault, what: string): VaultError {
  if (error instanceof VaultError) return error;
  const { code } = error as { code?: string | number };
  const name = typeof code === 'number' ? (LMDB[code] ?? NAMES.get(Math.abs(code)) ?? String(code)) : code;
  return new VaultError(fault, name === undefined ? what : `${what} (${name})`, name);
}
