/** REQUEST: how a client's message is to be treated, in sixteen bits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasIsolated, isolatedFlags, mayExportKeys, requestFlags } from '../../src/batch/request-flags.ts';

test('REQUEST: whether it may be shown keys, and whether it crosses alone, say nothing of each other', () => {
  for (const mayExport of [false, true]) {
    const flags = requestFlags(mayExport);
    const alone = isolatedFlags(flags);
    assert.ok(alone <= 0xffff);
    assert.deepEqual([mayExportKeys(flags), hasIsolated(flags)], [mayExport, false]);
    assert.deepEqual([mayExportKeys(alone), hasIsolated(alone)], [mayExport, true]);
  }
});
