/**
 * Refusal of vault: what a client is told of what the vault said.
 * In: what was thrown. Out: an error of the table, and the system's code as its reason. Never: a path, or a text of the system's.
 */
import type { NameFault } from '../../batch/name-records.ts';
import type { ErrorName } from '../../errors.ts';
import { VaultError } from '../../vault/vault.ts';
import { NoVault } from './lazy-vault.ts';

/** Why something about a name was not done, as clients are told it. */
export interface NameRefusal extends NameFault {
  readonly error: ErrorName;
}

/** What a client is told of what the vault said: the error of the table, and the system's code as its reason. */
export function refusalOfVault(error: unknown): NameRefusal {
  if (!(error instanceof VaultError)) return { error: 'VaultWriteFailed' };
  if (error instanceof NoVault) return { error: 'VaultUnavailable' };
  if (error.fault === 'VaultClosed') return { error: 'VaultUnavailable', reason: error.code ?? 'closed' };
  return { error: error.fault, reason: error.code };
}
