/** A key that a client hands in: no copy of it stays where the line was read, however the line ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionFields } from '../../../src/dialect/dialect.ts';
import { takeSession } from '../../../src/session/requests/take-session.ts';
import type { ClientLine } from '../../../src/session/state/attachment.ts';
import { Lone, NOW } from '../../support/lone-state.ts';

function lineOf({ attachment }: Lone): ClientLine {
  return { ticket: 1, bytes: new Uint8Array(0), start: 0, stop: 0, mayExport: false, attachment };
}

/** The key that was read from a line with these fields, once the line was carried out, and what came of it. */
function handedIn(lone: Lone, fields: Partial<SessionFields>): { outcome: unknown; left: Uint8Array } {
  const authKey = new Uint8Array(256).fill(9);
  const { env } = lone.s;
  const { dialect } = lone.attachment;
  const claims = { claim: () => undefined };
  Object.assign(env, { claims, request: { hasMessage: false }, sessionFields: { ...fields, authKey } });
  Object.assign(dialect, { readSession: () => undefined });
  const outcome = takeSession(lone.s, lineOf(lone), undefined, NOW);
  return { outcome: typeof outcome === 'object' ? outcome.error : outcome, left: authKey };
}

test('the key that was read is zeroed where it is taken, refused, or goes to the session of its name', () => {
  for (const [lone, fields, expected] of [
    [new Lone(), {}, undefined],
    [new Lone().ready(), {}, 'InvalidSession'],
    [new Lone(), { name: 'mine' }, 'moves'],
  ] as const) {
    const { outcome, left } = handedIn(lone, fields);
    assert.equal(outcome, expected);
    assert.deepEqual(left, new Uint8Array(256), `outcome ${String(expected)}`);
  }
});

test('a key that was taken is a copy of what was read', () => {
  const lone = new Lone();
  handedIn(lone, {});
  assert.deepEqual(lone.s.keys.permanent?.bytes, new Uint8Array(256).fill(9));
});
