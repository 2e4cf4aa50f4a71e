/**
 * Named rig: the rig with a vault that has sessions in it, as if clients had signed in before.
 * In: how many sessions, whose. Out: the rig, and names. Never: leaves the vault behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillVault, type SignedIn } from '../../test/support/filled-vault.ts';
import { freePort } from '../../test/support/free-port.ts';
import { Rig } from '../rig.ts';

export interface NamedRigOptions {
  readonly sessions: number;
  /** Each session is of a person of its own; without it all are the demo user's. */
  readonly isApart: boolean;
  readonly gateway?: readonly string[];
  readonly dc?: readonly string[];
}

export class NamedRig {
  readonly rig: Rig;
  readonly httpPort: number;
  readonly users: readonly SignedIn[];
  readonly #folder: string;

  private constructor(rig: Rig, httpPort: number, users: readonly SignedIn[], folder: string) {
    this.rig = rig;
    this.httpPort = httpPort;
    this.users = users;
    this.#folder = folder;
  }

  static async start({ sessions, isApart, gateway = [], dc = [] }: NamedRigOptions): Promise<NamedRig> {
    const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-named-'));
    const httpPort = await freePort();
    const vault = join(folder, 'vault');
    const args = ['--vault', vault, '--http-port', String(httpPort), ...gateway];
    const rig = await Rig.start({ gateway: args, dc });
    const users = await rig.users(sessions, isApart);
    await fillVault(vault, new Map(users.map((user, i) => [nameOf(i), user])));
    return new NamedRig(rig, httpPort, users, folder);
  }

  get vault(): string {
    return join(this.#folder, 'vault');
  }

  /** A counter of `/metrics`, all its labels together; NaN if the gateway has none of this name. */
  async counter(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.httpPort}/metrics`)).text();
    const found = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))];
    return found.length === 0 ? Number.NaN : found.reduce((sum, [, value]) => sum + Number(value), 0);
  }

  async stop(): Promise<void> {
    await this.rig.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Names of one length. */
export function nameOf(number: number): string {
  return `s${String(number).padStart(5, '0')}`;
}
