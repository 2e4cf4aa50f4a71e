/**
 * A process that has a name of a vault until it is killed.
 * In: a folder, a name, the PID namespace it says it is in if that is to be another than its own. Out: its PID and what came of it, in one line. Never: outlives the test, whose end closes its stdin.
 */
import { openVault } from '../../src/vault/open.ts';
import { thisProcess } from '../../src/vault/processes.ts';

const [, , folder, name, namespace] = process.argv;

async function own(): Promise<string> {
  try {
    const self = thisProcess();
    const vault = await openVault({ folder: folder!, self: { ...self, namespace: namespace ?? self.namespace } });
    const claim = await vault.claim(name!);
    if (claim !== undefined) await vault.write(name!, Buffer.from('a record'));
    return claim === undefined ? 'in use' : 'claimed';
  } catch (error) {
    return (error as Error).message;
  }
}

process.stdin.on('end', () => process.exit()).resume();
process.stdout.write(`${process.pid} ${await own()}\n`);
