/** Who speaks in a session: what the attachments of one client have in common there. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { JsonDialect } from '../../../src/dialect/json.ts';
import { AttachmentState } from '../../../src/session/state/attachment.ts';
import { Attachments } from '../../../src/session/state/attachments.ts';

let number = 0;

function attachmentOf(client: number): AttachmentState {
  const init = new Uint8Array(0);
  const speaking = { manner: 0, client, hasLines: true, isMute: false, isStateless: false, init };
  return new AttachmentState(++number, new JsonDialect(), speaking);
}

test('the lines that wait are in common for the attachments of one client, for those of two they are not', () => {
  const attachments = new Attachments();
  const [a, b, c] = [attachmentOf(1), attachmentOf(2), attachmentOf(1)];
  for (const one of [a, b, c]) attachments.add(one);
  assert.equal(a.waitingLines, c.waitingLines);
  assert.notEqual(a.waitingLines, b.waitingLines);
  attachments.remove(a);
  const d = attachmentOf(1);
  attachments.add(d);
  assert.equal(d.waitingLines, c.waitingLines);
});

test('also when all have gone and others come', () => {
  const attachments = new Attachments();
  const first = [attachmentOf(1), attachmentOf(1)];
  for (const one of first) attachments.add(one);
  for (const one of first) attachments.remove(one);
  const [a, b] = [attachmentOf(1), attachmentOf(1)];
  attachments.add(a);
  attachments.add(b);
  assert.equal(a.waitingLines, b.waitingLines);
  assert.notEqual(a.waitingLines, first[0]!.waitingLines);
});

test('who has a line that waits alone is the attachment it came by', () => {
  const attachments = new Attachments();
  const [a, b] = [attachmentOf(1), attachmentOf(1)];
  attachments.add(a);
  attachments.add(b);
  b.waitingLines.step = 'alone';
  b.waitingLines.first = { ticket: 1, bytes: new Uint8Array(0), start: 0, stop: 0, mayExport: false, attachment: b };
  assert.deepEqual([a.takesAlone, b.takesAlone], [false, true]);
  assert.equal(attachments.exclusive, b);
});
