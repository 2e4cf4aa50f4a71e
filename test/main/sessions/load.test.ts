/** Sums over all sessions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attachment } from '../../../src/main/sessions/attachment.ts';
import { loadOf } from '../../../src/main/sessions/load.ts';
import type { OpenSession } from '../../../src/main/sessions/open-session.ts';

const session = (lane: number, links: number, state: string): OpenSession =>
  ({ lane: { number: lane }, links: { size: links }, state: { state } }) as unknown as OpenSession;
const attachment = (to: OpenSession, size: number): Attachment =>
  ({ session: to, ledger: { size } }) as unknown as Attachment;

test('connections of all sessions, what each is doing, and open requests of all clients by lane', () => {
  const sessions = [
    session(0, 1, 'open'),
    session(2, 2, 'waiting'),
    session(2, 0, 'opening'),
    session(2, 4, 'waiting'),
  ];
  const attachments = [
    [0, 3],
    [1, 4],
    [1, 5],
    [3, 6],
  ].map(([of, size]) => attachment(sessions[of!]!, size!));
  assert.deepEqual(loadOf(sessions, attachments, 3), {
    links: 7,
    openRequests: [3, 0, 15],
    states: { opening: 1, open: 1, waiting: 2 },
  });
  assert.deepEqual(loadOf([], [], 1), { links: 0, openRequests: [0], states: { opening: 0, open: 0, waiting: 0 } });
});
