/** Lists of message ids: how many are read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlReadError } from '../../../src/bytes/reader.ts';
import type { Incoming } from '../../../src/session/incoming/incoming.ts';
import { handleAcks } from '../../../src/session/incoming/handle-notices.ts';
import { Crc, MAX_IDS } from '../../../src/tl/service.ts';
import { at, body, incoming, Lone } from '../../support/lone-state.ts';

test('as many ids are read as the protocol allows, and no more', () => {
  const acks = (count: number): Incoming =>
    incoming(
      body(Crc.msgsAck, (out) => {
        out.int32(Crc.vector | 0);
        out.int32(count);
        for (let i = 0; i < count; i++) out.long(i * 4, at(0));
      }),
    );
  handleAcks(new Lone().s, acks(MAX_IDS));
  assert.throws(() => handleAcks(new Lone().s, acks(MAX_IDS + 1)), TlReadError);
});
