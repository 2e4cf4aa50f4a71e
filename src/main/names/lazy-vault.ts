/**
 * Lazy vault: the process's vault, opened when it is first needed.
 * In: how it is opened; who is told what other processes ask for. Out: the open vault, and in words what was wrong with it.
 * Never: opens one twice at once; gives up: what could not be opened is tried again by the next who needs it.
 */
import { errorText } from '../../error-text.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Vault, VaultError } from '../../vault/vault.ts';

/** There is no vault, because the operator wants none. */
export class NoVault extends VaultError {
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
  readonly #asked: NonNullable<Vault['asked']>;
  #vault: Promise<Vault> | undefined;
  #opened: Vault | undefined;

  /**
   * @param open undefined if there is none
   * @param asked another process wants a name that this one has
   */
  constructor(open: (() => Promise<Vault>) | undefined, log: Log, asked: NonNullable<Vault['asked']>) {
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
      this.#log.write('vault closed', { reason: errorText(error) });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }
}
