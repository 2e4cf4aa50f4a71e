/** The vault in LMDB: what every vault does, over several handles on one folder. */
import type { Vault } from '../../src/vault/vault.ts';
import { contract } from './contract.ts';
import { body, folderOf, type Body, opened } from './support.ts';

contract('lmdb', (t) => {
  const folder = folderOf(t);
  const bodies = new Map<Vault, Body>();
  return {
    async open() {
      const one = body(t);
      const vault = await opened(t, { folder, self: one.self });
      bodies.set(vault, one);
      return vault;
    },
    die: (vault) => bodies.get(vault)!.kill(),
  };
});
