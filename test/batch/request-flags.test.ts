/** OPEN and REQUEST: how a client's messages look, and how one of them is to be treated, in sixteen bits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  type ClientForm,
  clientForm,
  hasIsolated,
  isolatedFlags,
  mayExportKeys,
  openFlags,
  requestFlags,
} from '../../src/batch/request-flags.ts';

test('OPEN: the form of messages is read as it was written; flags that are none of these are refused', () => {
  const forms: readonly ClientForm[] = ['lines', 'bodies', 'msgpack'];
  const written = forms.map((form) => openFlags(form));
  assert.deepEqual(written.map(clientForm), forms);
  fc.assert(
    fc.property(fc.nat(0xffff), (flags) => {
      if (!written.includes(flags)) assert.throws(() => clientForm(flags), RangeError);
    }),
  );
});

test('REQUEST: whether it may be shown keys, and whether it crosses alone, say nothing of each other', () => {
  for (const mayExport of [false, true]) {
    const flags = requestFlags(mayExport);
    const alone = isolatedFlags(flags);
    assert.ok(alone <= 0xffff);
    assert.deepEqual([mayExportKeys(flags), hasIsolated(flags)], [mayExport, false]);
    assert.deepEqual([mayExportKeys(alone), hasIsolated(alone)], [mayExport, true]);
  }
});
