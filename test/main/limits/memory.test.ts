/** The ladder of measures as memory runs out. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { MemoryPressure, MemoryStep } from '../../../src/main/limits/memory.ts';

test('memory: parts of the limit, and the last one seen when it cannot be read', () => {
  let held = (): number => 93;
  const memory = new MemoryPressure(100, () => held());
  assert.equal(memory.hasReached(MemoryStep.CLOSED), false);
  memory.look();
  assert.deepEqual(
    [memory.hasReached(MemoryStep.CLOSED), memory.hasReached(MemoryStep.CUT), memory.hasReached(MemoryStep.REFUSE)],
    [true, true, false],
  );
  held = () => {
    throw new Error('EMFILE');
  };
  memory.look();
  assert.equal(memory.part, 0.93);
});
