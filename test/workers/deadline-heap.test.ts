import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { DeadlineHeap } from '../../workers/deadline-heap.ts';

const seat = (name: number) => ({ name, wantedAt: Infinity, listedAt: Infinity });

test('each falls due once, at its last fields, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(19), fc.nat(1000)), { maxLength: 100 }), (wishes) => {
      const seats = Array.from({ length: 20 }, (_, i) => seat(i));
      const deadlines = new DeadlineHeap<ReturnType<typeof seat>>();
      const last = new Map<number, number>();
      for (const [who, at] of wishes) {
        deadlines.schedule(seats[who]!, at);
        last.set(who, at);
      }
      const due: [number, number][] = [];
      for (let now = 0; now <= 1000; now++)
        for (let s = deadlines.due(now); s; s = deadlines.due(now)) due.push([s.name, now]);
      assert.deepEqual(new Map(due), last);
      assert.equal(due.length, last.size);
      assert.equal(deadlines.first, Infinity);
    }),
  );
});

test('a fields for never takes a session out', () => {
  const deadlines = new DeadlineHeap<ReturnType<typeof seat>>();
  const one = seat(1);
  deadlines.schedule(one, 5);
  deadlines.schedule(one, Infinity);
  assert.equal(deadlines.due(1e9), undefined);
});
