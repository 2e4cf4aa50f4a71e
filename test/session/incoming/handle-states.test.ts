/** States of messages: which are believed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handleStateInfo } from '../../../src/session/incoming/handle-states.ts';
import { Stage } from '../../../src/session/state/pending.ts';
import { Crc } from '../../../src/tl/service.ts';
import { ACTS, at, body, incoming, Lone, NOW } from '../../support/lone-state.ts';

function told({ s }: Lone, low: number, states: readonly number[]): void {
  const bytes = body(Crc.msgsStateInfo, (out) => {
    out.long(low, at(9));
    out.string(Uint8Array.from(states));
  });
  handleStateInfo(s, incoming(bytes), NOW);
}

test('states are believed in answer to the question that is out, one for each id', () => {
  const lone = new Lone();
  const asked = lone.sent(ACTS);
  const { stateRequests } = lone.s;
  stateRequests.askAbout([asked], NOW);
  stateRequests.asked = stateRequests.wanted;
  [stateRequests.low, stateRequests.high] = [8, at(9)];
  told(lone, 4, [4]);
  told(lone, 8, [4, 4]);
  told(lone, 8, []);
  assert.deepEqual([asked.stage, asked.isAcknowledged], [Stage.ASKED, false]);
  told(lone, 8, [4]);
  assert.deepEqual([asked.stage, asked.isAcknowledged], [Stage.SENT, true]);
});
