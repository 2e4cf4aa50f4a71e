/**
 * Lazy vault: the process's vault, opened when it is first needed.
 * In: how it is opened; who is told what other processes ask for. Out: the open vault, and in words what was wrong with it.
 * Never: opens one twice at once; gives up: what could not be opened is tried again by the next who needs it.
 */
import type { NameFault } from '../../batch/name-records.ts';
import type { ErrorName } from '../../errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Vault, VaultError } from '../../vault/vault.ts';

/** There is no vault, because the operator wants none. */
class NoVault extends VaultError {
  constructor() {
    super('VaultClosed', 'no vault');
  }
}

/** The one vault of the process, behind a promise that is made anew when it failed. */
export class LazyVault {
  /** The process ends: what the vault refuses is not tried again. */
  isStopping = false;
  /** The vault could not be opened when it was needed last. */
  isFailing = false;
  readonly #open: (() => Promise<Vault>) | undefined;
  readonly #log: Log;
  readonly #asked: (name: string) => void;
  #vault: Promise<Vault> | undefined;
  #opened: Vault | undefined;

  /**
   * @param open undefined if there is none
   * @param asked another process wants a name that this one has
   */
  constructor(open: (() => Promise<Vault>) | undefined, log: Log, asked: (name: string) => void) {
    this.#open = open;
    this.#log = log;
    this.#asked = asked;
  }

  /** Opens the vault if it is not open. @throws whatever kept it from being opened */
  async get(): Promise<Vault> {
    if (this.#open === undefined) throw new NoVault();
    this.#vault ??= this.#open();
    try {
      const vault = await this.#vault;
      this.#opened = vault;
      this.isFailing = false;
      vault.asked ??= this.#asked;
      return vault;
    } catch (error) {
      // Whatever is wrong with the vault may be mended: the next who needs it tries again.
      this.#vault = undefined;
      this.isFailing = true;
      this.#log.write('vaultClosed', { reason: errorText(error) });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }
}

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

/** The message of an error, for the log. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
