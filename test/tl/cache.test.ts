/** The resolved scheme that is kept for commands: what is read back is what the files say now, whatever lies there. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { keptScheme } from '../../src/tl/cache.ts';
import { loadScheme } from '../../src/tl/load.ts';

function folders(t: TestContext): { dir: string; cache: string } {
  const [dir, cache] = ['scheme-', 'cache-'].map((name) => mkdtempSync(join(tmpdir(), name))) as [string, string];
  t.after(() => {
    for (const folder of [dir, cache]) rmSync(folder, { recursive: true });
  });
  return { dir, cache };
}

test('what is read back is what was loaded', (t) => {
  const { dir, cache } = folders(t);
  const fields = 'flags:# a:flags.0?true b:flags.1?Vector<A> c:vector<%A> d:!X e:bytes f:int128';
  writeFileSync(
    join(dir, 'api.tl'),
    `// LAYER 7\na.one#00000001 x:int = A;\n---functions---\na.two#00000002 {X:Type} ${fields} = X;\n`,
  );
  const loaded = loadScheme(dir);
  for (const round of ['made', 'read back']) assert.deepEqual(keptScheme(dir, cache), loaded, round);
});

test('an entry is read and not made again; one that is damaged is; one of another text is not read', (t) => {
  const { dir, cache } = folders(t);
  const write = (text: string): void => writeFileSync(join(dir, 'api.tl'), text);
  write('// LAYER 7\na.one#00000001 x:int = A;\n');
  assert.equal(keptScheme(dir, cache).layer, 7);
  const [entry] = readdirSync(cache) as [string];
  const path = join(cache, entry);
  const kept = readFileSync(path, 'utf8');
  writeFileSync(path, kept.replace('"layer":7', '"layer":70'));
  assert.equal(keptScheme(dir, cache).layer, 70);
  writeFileSync(path, kept.slice(0, 100));
  assert.equal(keptScheme(dir, cache).layer, 7);
  assert.equal(readFileSync(path, 'utf8'), kept);
  write('// LAYER 7\na.two#00000001 x:int = A;\n');
  assert.ok(keptScheme(dir, cache).byName.has('a.two'));
});

test('a scheme that cannot be read leaves nothing, and what cannot be kept is loaded all the same', (t) => {
  const { dir, cache } = folders(t);
  assert.throws(() => keptScheme(dir, cache), { code: 'ENOENT' });
  writeFileSync(join(dir, 'api.tl'), 'a.one#00000001 x:Nothing = A;\n');
  assert.throws(() => keptScheme(dir, cache), /Nothing/);
  assert.deepEqual(readdirSync(cache), []);
  const isNoFolder = join(dir, 'api.tl');
  writeFileSync(isNoFolder, 'a.one#00000001 x:int = A;\n');
  assert.ok(keptScheme(dir, isNoFolder).byName.has('a.one'));
});
