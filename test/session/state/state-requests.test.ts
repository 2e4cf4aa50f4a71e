/** When "not received" is believed of a request, how often it is asked about, and when nobody is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookForSilence } from '../../../src/session/delivery/request-states.ts';
import { isBelievable } from '../../../src/session/state/state-requests.ts';
import { ACTS, Lone, NOW } from '../../support/lone-state.ts';

test('the server is believed if it still knows a message from before, and not without one', () => {
  const lone = new Lone();
  const pending = lone.sent(ACTS);
  const { msgIdLow, msgIdHigh } = pending;
  assert.equal(isBelievable(pending, [msgIdLow, msgIdHigh], Uint8Array.of(3)), false);
  [pending.referenceLow, pending.referenceHigh] = [8, 9];
  const asked = [msgIdLow, msgIdHigh, 8, 9];
  assert.equal(isBelievable(pending, asked, Uint8Array.of(3, 4)), true);
  assert.equal(isBelievable(pending, asked, Uint8Array.of(3, 1)), false);
  assert.equal(isBelievable(pending, [msgIdLow, msgIdHigh], Uint8Array.of(3)), false);
});

test('one that the server is silent about is asked about, then the connection is given up; each pause is longer', () => {
  const lone = new Lone().ready();
  const { s } = lone;
  const pending = lone.sent(ACTS);
  s.stateRequests.noteSent(pending, NOW, false);
  s.stateRequests.dueAt = NOW;
  const pauses: number[] = [];
  for (let now = NOW, last = NOW; pauses.length < 4; now += 250) {
    const before = pending.stateRequestCount;
    // Bytes come, no answer does.
    s.link.isSilent = false;
    assert.equal(lookForSilence(s, now), true);
    s.stateRequests.forget();
    if (pending.stateRequestCount === before) continue;
    pauses.push(now - last);
    last = now;
  }
  assert.ok(
    pauses.every((pause, i) => i === 0 || pause > pauses[i - 1]! * 1.5),
    pauses.join(),
  );
});

test('a connection on which nothing comes after a question is given up after one more look', () => {
  const { s } = new Lone().ready();
  s.stateRequests.noteRequestSent(s.link, NOW, 2_500);
  const looks: boolean[] = [];
  for (let now = NOW; now < NOW + 4_000 && looks.at(-1) !== false; now += 250) looks.push(lookForSilence(s, now));
  assert.equal(looks.at(-1), false);
  assert.ok(looks.length > 10, `${looks.length} looks`);
});
