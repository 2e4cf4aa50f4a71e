/** Rotation: who is next, by what each did in its turn; pieces of work by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rotation } from '../../workers/rotation.ts';

const KIB = 1024;

/** Pieces that cannot be cut, by name, done as a session does its packets: until it has done what it may, one at least. */
function worker(pieces: Record<string, number[]>, log: string[]) {
  return (one: string, most: number) => {
    let done = 0;
    const left = pieces[one]!;
    while (left.length > 0 && (done === 0 || done + left[0]! <= most)) done += left.shift()!;
    log.push(one);
    return { done, hasMore: left.length > 0 };
  };
}

test('who does more in a turn lets others pass for it: in bytes they are even', () => {
  const pieces = { long: Array<number>(20).fill(1000 * KIB), short: Array<number>(1000).fill(10 * KIB) };
  const rotation = new Rotation<string>();
  rotation.add('long');
  rotation.add('short');
  const turn = worker(pieces, []);
  for (let i = 0; i < 40; i++) rotation.serve(128 * KIB, turn);
  const long = (20 - pieces.long.length) * 1000;
  const short = (1000 - pieces.short.length) * 10;
  assert.ok(Math.abs(long - short) <= 1100, `${long} KiB and ${short} KiB`);
});

test('a turn ends when so much is done, and the next one goes on with who was not there yet', () => {
  const pieces = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, Array<number>(8).fill(60 * KIB)]));
  const rotation = new Rotation<string>();
  for (const name of ['a', 'b', 'c', 'a']) rotation.add(name);
  const log: string[] = [];
  rotation.serve(100 * KIB, worker(pieces, log));
  rotation.serve(100 * KIB, worker(pieces, log));
  assert.deepEqual(log, ['a', 'b', 'c', 'a']);
});

test('who has nothing more, or has done nothing, leaves', () => {
  const rotation = new Rotation<string>();
  rotation.add('a');
  rotation.serve(1, () => ({ done: 0, hasMore: false }));
  assert.ok(rotation.isEmpty);
});
