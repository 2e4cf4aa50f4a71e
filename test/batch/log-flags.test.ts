/** LOG: which event an entry is of, in sixteen bits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventPlace, logFlags } from '../../src/batch/log-flags.ts';
import { EVENT_NAMES } from '../../src/telemetry/events.ts';

test('every event, and a line of --verbose, is read as it was written and fits the header', () => {
  for (const place of [undefined, ...EVENT_NAMES.keys()]) {
    const flags = logFlags(place);
    assert.ok(flags >= 0 && flags <= 0xffff);
    assert.equal(eventPlace(flags), place);
  }
});
