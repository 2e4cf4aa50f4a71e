/**
 * Builds the crypto kernel: AssemblyScript in `assembly/` to `dist/src/crypto/kernel/kernel.wasm`.
 * In: nothing. Out: the module. Never: needs a compiler beside the `assemblyscript` package.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../../../dist/src/crypto/kernel');
const entry = join(here, 'assembly/index.ts');
const speed = '--optimizeLevel 3 --shrinkLevel 0 --converge --noAssert --runtime stub --enable simd';
// One page for tables and keys, three for messages; 256 pages (16 MiB) and a little more at most.
const memory = '--initialMemory 4 --maximumMemory 264';

if (existsSync(entry)) {
  mkdirSync(out, { recursive: true });
  const args = [entry, '--outFile', join(out, 'kernel.wasm'), ...speed.split(' '), ...memory.split(' ')];
  const { error } = await main(args, { stderr: process.stderr });
  if (error) process.exit(1);
}
