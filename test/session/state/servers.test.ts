/** Which address is which data centre. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataCentre } from '../../../src/session/settings.ts';
import {
  centreBeside,
  homeServer,
  offeredOf,
  othersOf,
  recordedServer,
  type Server,
  toldBy,
} from '../../../src/session/state/servers.ts';

const BUILT_IN: DataCentre[] = [
  { id: 1, host: '10.0.0.1', port: 443, test: false },
  { id: 2, host: '10.0.0.2', port: 443, test: false },
  { id: 2, host: 'fd00::2', port: 443, test: false },
  { id: 2, host: '10.0.1.2', port: 443, test: true },
];
const OWN: DataCentre = { id: 2, host: '127.0.0.1', port: 4000, test: false, isOperators: true };
const SECOND: Server = { host: '10.0.0.2', port: 443, dc: 2, test: false, rsa: undefined, namedBy: 'operator' };
const all = (): boolean => true;
const none = (): boolean => false;

test('home is a listed one, or nothing begins', () => {
  assert.deepEqual(homeServer(BUILT_IN, { id: 2, test: false }), SECOND);
  assert.throws(() => homeServer(BUILT_IN, { id: 9, test: false }), RangeError);
});

test('by number an operator with data centres of his own offers these alone', () => {
  assert.deepEqual(offeredOf(BUILT_IN), BUILT_IN);
  assert.deepEqual(offeredOf([...BUILT_IN, OWN]), [OWN]);
});

test('others are the other ports and families of the same one; an address the client stored has none', () => {
  const others = othersOf(BUILT_IN, SECOND).map(({ host, port }) => `${host} ${port}`);
  assert.ok(others.includes('10.0.0.2 80') && others.includes('fd00::2 443'));
  assert.ok(!others.includes('10.0.0.2 443') && !others.some((one) => one.startsWith('10.0.1')));
  assert.deepEqual(othersOf(BUILT_IN, { ...SECOND, namedBy: 'client' }), []);
});

test('beside a built-in one stands a built-in one, beside an own one what it told of, both with its key', () => {
  const list = [...BUILT_IN, OWN];
  assert.equal(centreBeside(list, [], SECOND, 1)?.host, '10.0.0.1');
  const own: Server = { ...SECOND, host: OWN.host, port: OWN.port };
  assert.equal(centreBeside(list, [], own, 1), undefined);
  const told = [{ id: 1, host: '127.0.0.1', port: 4001, test: false }];
  assert.deepEqual(centreBeside(list, told, own, 1), { ...own, dc: 1, port: 4001, namedBy: 'server' });
  assert.equal(centreBeside(BUILT_IN, [], { ...SECOND, rsa: 'PEM' }, 1), undefined);
});

test('of what help.getConfig tells only IPv4 addresses that carry everything count', () => {
  const one = { id: 4, ip_address: '10.0.0.4', port: 443 };
  const flags = ['ipv6', 'media_only', 'tcpo_only', 'cdn'].map((flag) => ({ ...one, [flag]: true }));
  assert.deepEqual(toldBy({ dc_options: [...flags, one] }, true), [{ id: 4, host: '10.0.0.4', port: 443, test: true }]);
  assert.deepEqual(toldBy({}, true), []);
});

test('a record without an address means the listed one; one with an address is the operator’s only if that is listed', () => {
  const record = { host: undefined, port: 0, dc: 2, test: false, rsa: undefined };
  assert.deepEqual(recordedServer(BUILT_IN, record, none), SECOND);
  assert.equal(recordedServer(BUILT_IN, { ...record, dc: 9 }, all), undefined);
  const at = { ...record, host: '10.0.0.2', port: 443 };
  assert.equal(recordedServer(BUILT_IN, at, none)?.namedBy, 'operator');
  assert.equal(recordedServer(BUILT_IN, { ...at, rsa: 'PEM' }, none)?.namedBy, 'server');
  const elsewhere = { ...at, host: '192.0.2.1' };
  assert.equal(recordedServer(BUILT_IN, elsewhere, all)?.namedBy, 'client');
  assert.equal(recordedServer(BUILT_IN, elsewhere, none)?.namedBy, 'server');
});
