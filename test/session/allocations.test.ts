/**
 * What the hot path leaves to the garbage collector, counted in a process whose young space is too large to be
 * collected meanwhile. The design's promise: no object between TL and JSON.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../support/allocations.js', import.meta.url));
const FLAGS = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

test('reading, encoding, sealing, opening and decoding leave next to nothing; a request leaves its entry', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, SCRIPT], { timeout: 60_000 });
  const bytes = JSON.parse(stdout) as Record<string, number>;
  // The view of the client's id is the one object.
  assert.ok(bytes['encode']! < 160, `read and encode: ${bytes['encode']} bytes each`);
  assert.ok(bytes['decode']! < 64, `decode: ${bytes['decode']} bytes each`);
  assert.ok(bytes['packedEncode']! < 160, `read and encode a frame: ${bytes['packedEncode']} bytes each`);
  assert.ok(bytes['packedDecode']! < 64, `decode to msgpack: ${bytes['packedDecode']} bytes each`);
  assert.ok(bytes['open']! < 300, `seal and open: ${bytes['open']} bytes each`);
  // Measured 5.1 KB, for a batch of its own: its block, cursors and the wire of the test are in it.
  assert.ok(bytes['request']! < 7000, `a request alone in its batch: ${bytes['request']} bytes each`);
});
