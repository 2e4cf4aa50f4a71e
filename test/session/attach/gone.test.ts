/** What becomes of the requests of a client that has gone. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { dropRequestsOf } from '../../../src/session/attach/gone.ts';
import { Repeats } from '../../../src/session/state/repeats.ts';
import { Lone, READS } from '../../support/lone-state.ts';

it('those that no server has seen are dropped; of the others 1 024 are remembered', () => {
  const lone = new Lone();
  Object.assign(lone.s.session, { repeats: new Repeats() });
  for (let i = 0; i < 1030; i++) lone.sent(READS);
  lone.s.pending.add(lone.pending(READS));
  lone.attachment.isGone = true;
  dropRequestsOf([lone.s], lone.attachment);
  assert.deepEqual([lone.s.pending.sent().length, lone.s.pending.queue.length], [1024, 0]);
});
