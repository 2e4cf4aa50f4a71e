/**
 * A vault in a temporary folder, and processes that can be killed to own what it holds.
 * In: a test. Out: folders, vaults, identities. Never: outlives the test.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openVault, type VaultOptions } from '../../src/vault/open.ts';
import { type Identity, identityOf } from '../../src/vault/processes.ts';
import type { Vault } from '../../src/vault/vault.ts';

export function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'mtproto2json-vault-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens a vault that is closed with the test. */
export async function opened(t: TestContext, options: VaultOptions): Promise<Vault> {
  const vault = await openVault(options);
  t.after(() => vault.close());
  return vault;
}

export interface Body {
  readonly self: Identity;
  /** Kills the process that the identity is of; resolves when it is gone. */
  kill(): Promise<void>;
}

/** A process that does nothing, to stand for another gateway. */
export function body(t: TestContext): Body {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  return {
    self: identityOf(child.pid!),
    async kill() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
