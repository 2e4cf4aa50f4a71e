/** What the session knows of the API by name, under the project's own scheme and under one with other numbers. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type KnownCalls, knownCalls } from '../../src/session/known-calls.ts';
import { compileCodec } from '../../src/tl/compile.ts';
import { loadSchemeText, ownSchemeDir } from '../../src/tl/load.ts';
import { codec } from '../support/codec.ts';

const SOURCES = fileURLToPath(new URL('../../../src/session/', import.meta.url));
const read = (name: string): string => readFileSync(join(ownSchemeDir(), name), 'utf8');

function numbersOf({ files, packed, ...stored }: KnownCalls): number[] {
  return [...Object.values(stored), ...files, ...packed];
}

/** Every number of a scheme is another one. */
function renumbered(text: string): string {
  return text.replaceAll(/^([\w.]+)#([\da-f]{1,8}) /gm, (_all, name: string, crc: string) => {
    const other = (Number.parseInt(crc, 16) ^ 0x5a5a_5a5a) >>> 0;
    return `${name}#${other.toString(16)} `;
  });
}

test('every name is in the scheme, each under a number of its own', () => {
  const { files, packed, ...stored } = knownCalls(codec);
  const numbers = Object.values(stored);
  assert.ok(numbersOf({ files, packed, ...stored }).every((number) => number !== 0));
  assert.equal(new Set(numbers).size, numbers.length);
  assert.deepEqual([files.size, packed.size], [5, 2]);
});

test('under an api.tl with other numbers they are the numbers of that', () => {
  const other = compileCodec(loadSchemeText(renumbered(read('api.tl')), read('mtproto.tl'))).codec;
  const [own, changed] = [knownCalls(codec), knownCalls(other)];
  assert.equal(changed.bindInner, own.bindInner);
  for (const key of Object.keys(own) as (keyof KnownCalls)[]) {
    if (key === 'bindInner' || key === 'files' || key === 'packed') continue;
    assert.equal(changed[key], (own[key] ^ 0x5a5a_5a5a) >>> 0, key);
  }
  assert.ok(changed.files.has(other.crcOf('upload.getFile')) && !changed.files.has(codec.crcOf('upload.getFile')));
  assert.ok(changed.packed.has(other.crcOf('upload.saveFilePart')));
});

test('no file of the session has a constructor number in it', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  assert.ok(files.length > 40);
  const found = files.filter((name) => /\b0x[\da-f]{8}\b/.test(readFileSync(join(SOURCES, name), 'utf8')));
  assert.deepEqual(found, []);
});
