/** A gate: reads exactly while no reason is left not to. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Gate, Why } from '../../../src/main/flow/gate.ts';

test('a gate reads exactly when no reason is left, and says each change once', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...Object.values(Why)))), (steps) => {
      const reasons = new Set<number>();
      let isReading = true;
      const gate = new Gate(
        () => {
          assert.ok(isReading);
          isReading = false;
        },
        () => {
          assert.ok(!isReading);
          isReading = true;
        },
      );
      for (const [shuts, why] of steps) {
        if (shuts) reasons.add(why);
        else reasons.delete(why);
        if (shuts) gate.shut(why);
        else gate.open(why);
        assert.equal(isReading, reasons.size === 0);
        assert.equal(gate.isOpen, isReading);
      }
    }),
  );
});

test('a reason that several hold is over when the last of them has none any more', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), fc.constantFrom(Why.LINK, Why.LANE))), (steps) => {
      const holders = new Set<string>();
      const gate = new Gate(
        () => undefined,
        () => undefined,
      );
      for (const [who, why] of steps) {
        const holder = `${who} ${why}`;
        if (holders.delete(holder)) gate.release(why);
        else {
          holders.add(holder);
          gate.hold(why);
        }
        assert.equal(gate.isOpen, holders.size === 0);
      }
    }),
  );
});
