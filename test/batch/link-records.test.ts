/** DIAL, LINK_UP, LINK_DOWN and CENTRE: what is written is read, and a record that is cut short is not read past its end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  centreFlags,
  type CentreEvent,
  dialFlags,
  linkDownFlags,
  type NamedBy,
  readCentre,
  readDial,
  readLinkDown,
  readLinkUp,
  writeCentre,
  writeDial,
  writeLinkDown,
  writeLinkUp,
} from '../../src/batch/link-records.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { oneRecord } from '../support/one-record.ts';

/** Any text: a data centre may hand out an address that is none, with spaces and slashes in it. */
const address = fc.record(
  { host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 300 })), port: fc.integer({ min: 0, max: 65_535 }) },
  { noNullPrototype: true },
);
const namedBy = fc.constantFrom<NamedBy>('operator', 'client', 'server');

test('DIAL: addresses, who named them, and whether a key is made', () => {
  fc.assert(
    fc.property(address, fc.array(address, { maxLength: 4 }), namedBy, fc.boolean(), (first, others, by, makesKey) => {
      const out = new Writer(64);
      writeDial(out, first, others);
      const bytes = out.written();
      const flags = dialFlags(by, makesKey);
      assert.deepEqual(readDial(oneRecord(bytes, flags)), { addresses: [first, ...others], namedBy: by, makesKey });
      for (let length = 0; length < bytes.length; length++) {
        const cut = oneRecord(bytes, flags, 0, length);
        let found = 0;
        try {
          found = readDial(cut).addresses.length;
        } catch {
          continue;
        }
        // Cut between two addresses, it is a shorter list of the same.
        assert.ok(found <= others.length);
        assert.deepEqual(readDial(cut).addresses, [first, ...others].slice(0, found));
      }
    }),
    { numRuns: 50 },
  );
});

test('LINK_UP: the address that was reached', () => {
  fc.assert(
    fc.property(address, (reached) => {
      const bytes = writeLinkUp(reached);
      assert.deepEqual(readLinkUp(oneRecord(bytes)), reached);
      for (let length = 0; length < bytes.length; length++)
        assert.throws(() => readLinkUp(oneRecord(bytes, 0, 0, length)));
    }),
    { numRuns: 50 },
  );
});

test('LINK_DOWN: the code and why there is no connection', () => {
  const end = fc.record(
    {
      code: fc.constantFrom('END', 'ECONNRESET', 'NOTALLOWED', ''),
      wasNeverUp: fc.boolean(),
      hasTimedOut: fc.boolean(),
      isNotAllowed: fc.boolean(),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(end, (down) => {
      const [bytes, flags] = [writeLinkDown(down), linkDownFlags(down)];
      assert.deepEqual(readLinkDown(oneRecord(bytes, flags)), down);
      for (let length = 0; length < bytes.length; length++)
        assert.equal(readLinkDown(oneRecord(bytes, flags, 0, length)).code, down.code.slice(0, length));
    }),
  );
});

test('CENTRE: the event and its fields; an event that is none is refused', () => {
  const event = fc.constantFrom<CentreEvent>('dialled', 'connected', 'back', 'lost', 'failed');
  const fields = { dc: 2, test: false, host: 'a "host"', port: 443, reason: 'gone – for good' };
  fc.assert(
    fc.property(event, (one) => {
      const out = new Writer(64);
      writeCentre(out, fields);
      const bytes = out.written();
      assert.deepEqual(readCentre(oneRecord(bytes, centreFlags(one))), { event: one, fields });
      for (let length = 0; length < bytes.length; length++)
        assert.throws(() => readCentre(oneRecord(bytes, centreFlags(one), 0, length)), SyntaxError);
    }),
  );
  assert.throws(() => readCentre(oneRecord(Buffer.from('{}'), 5)), RangeError);
});
