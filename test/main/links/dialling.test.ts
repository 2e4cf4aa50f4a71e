/** Which addresses may be dialled, by who named them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowList } from '../../../src/address/allow-list.ts';
import type { NamedBy } from '../../../src/batch/link-records.ts';
import { LIMITS } from '../../../src/main/limits/limits.ts';
import { Dialling, type DiallingOptions } from '../../../src/main/links/dialling.ts';

const NOBODYS = ['127.0.0.1', '10.0.0.1', '192.168.1.1', '169.254.169.254', '::1', 'fe80::1'];
const PUBLIC = '149.154.167.51';

function permits(namedBy: NamedBy, host: string, ...allowed: string[]): boolean {
  const allow = allowList(allowed);
  return new Dialling({ limits: LIMITS, allow } as DiallingOptions).permits(namedBy, host, 443);
}

test("the operator's own addresses are dialled, whatever they are", () => {
  for (const host of [...NOBODYS, PUBLIC]) assert.equal(permits('operator', host), true, host);
});

test('an address that a data centre handed out is dialled if it is public, or allowed', () => {
  assert.equal(permits('server', PUBLIC), true);
  for (const host of NOBODYS) assert.equal(permits('server', host), false, host);
  assert.equal(permits('server', '10.0.0.1', '10.0.0.1:443'), true);
  assert.equal(permits('server', '10.0.0.2', '10.0.0.1:443'), false);
});

test('an address of a client is dialled if the operator allowed it, be it public or not', () => {
  for (const host of [...NOBODYS, PUBLIC]) assert.equal(permits('client', host), false, host);
  assert.equal(permits('client', PUBLIC, `${PUBLIC}:443`), true);
});
