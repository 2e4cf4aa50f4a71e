/** Address literals in their one strict form, their classes, and the allow list. */
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import test from 'node:test';
import fc from 'fast-check';
import { allowList } from '../../src/address/allow-list.ts';
import { addressText, classify, isLoopback, parseAddress } from '../../src/address/address.ts';

test('the forms that are none (threats: Addresses and neighbours)', () => {
  const none = [
    ...[
      '127.1',
      '127.0.1',
      '2130706433',
      '0x7f.0.0.1',
      '0177.0.0.1',
      '127.0.0.01',
      '127.0.0.1.',
      '127.0.0.256',
      '1.2.3',
      '1.2.3.4.5',
      ' 127.0.0.1',
      '127.0.0.1 ',
    ],
    ...[
      '',
      'localhost',
      '1.2.3.-4',
      '1.2.3.4e0',
      '１.2.3.4',
      '[::1]',
      '::1%lo',
      ':::',
      '1::2::3',
      '12345::',
      '::g',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
    ],
    ...['::1.2.3', '1.2.3.4::', '::1.2.3.4:5', ':1:2:3:4:5:6:7', '1:2:3:4:5:6:7:', '::127.0.0.01', '1:', ':'],
  ];
  for (const text of none) assert.equal(parseAddress(text), undefined, text);
});

test('the same address in its forms', () => {
  const same = [
    ['127.0.0.1', '::ffff:127.0.0.1', '::FFFF:7f00:1', '0:0:0:0:0:ffff:7f00:0001'],
    ['::1', '0:0:0:0:0:0:0:1', '0000::0001', '::0.0.0.1'],
    ['2001:db8::', '2001:0db8:0:0:0:0:0:0', '2001:DB8::0'],
    ['1:0:0:2:0:0:0:3', '1::2:0:0:0:3', '1:0:0:2::3'],
  ];
  for (const [first, ...others] of same)
    for (const other of others) assert.deepEqual(parseAddress(other), parseAddress(first!), other);
});

test('what we take, Node takes; what Node takes and we do not has a zone', () => {
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV4Extended(),
    fc.string({ unit: fc.constantFrom(...'0123456789abf:.x%'), maxLength: 20, size: 'max' }),
  );
  fc.assert(
    fc.property(text, (address) => {
      assert.equal(parseAddress(address) !== undefined, isIP(address) !== 0 && !address.includes('%'), address);
    }),
    { numRuns: 3000 },
  );
});

test('classes', () => {
  const cases: Record<string, string[]> = {
    public: ['149.154.167.51', '1.1.1.1', '2001:67c:4e8:f002::a', '172.32.0.1', '100.128.0.0', '11.0.0.0'],
    loopback: ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.9.9.9'],
    private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fec0::1'],
    linkLocal: ['169.254.169.254', 'fe80::1', 'febf::1'],
    uniqueLocal: ['fc00::1', 'fdff::1'],
    multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
    unspecified: ['0.0.0.0', '::', '::ffff:0.0.0.0'],
    translated: ['64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '192.88.99.1'],
    reserved: ['0.1.2.3', '240.0.0.1', '255.255.255.255', '192.0.2.1', '2001:db8::1', '::2', '4000::1', '::7f00:1'],
  };
  for (const [kind, addresses] of Object.entries(cases))
    for (const address of addresses) assert.equal(classify(parseAddress(address)!), kind, address);
});

test('nothing is permitted without a rule', () => {
  const list = allowList([]);
  for (const host of ['149.154.167.51', '127.0.0.1', '::1', 'example.org', ''])
    assert.equal(list.permits(host, 443), false);
});

test('host:port is that port of that address, in any of its forms', () => {
  const list = allowList(['127.0.0.1:4430', '[::1]:4430']);
  for (const [host, port, may] of [
    ['127.0.0.1', 4430, true],
    ['::ffff:127.0.0.1', 4430, true],
    ['::1', 4430, true],
    ['127.0.0.1', 4431, false],
    ['127.0.0.2', 4430, false],
    ['localhost', 4430, false],
    ['127.1', 4430, false],
  ] as const)
    assert.equal(list.permits(host, port), may, `${host} ${port}`);
});

test('any, and ranges wider than one special network, mean public addresses', () => {
  for (const spec of ['any', '0.0.0.0/0']) {
    const list = allowList([spec]);
    assert.equal(list.permits('149.154.167.51', 443), true);
    for (const host of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '0.0.0.0', '224.0.0.1'])
      assert.equal(list.permits(host, 443), false, host);
  }
  assert.equal(allowList(['0.0.0.0/0']).permits('2001:67c:4e8:f002::a', 443), false);
  assert.equal(allowList(['::/0']).permits('::1', 443), false);
});

test('a range within a special network names it', () => {
  const list = allowList(['10.1.0.0/16', 'fd00::/8', '127.0.0.0/8', '149.154.160.0/20']);
  for (const host of ['10.1.2.3', 'fd12::1', '127.0.0.1', '149.154.167.51', '::ffff:10.1.0.1'])
    assert.equal(list.permits(host, 1), true, host);
  for (const host of ['10.2.0.1', 'fc12::1', '149.154.176.1', '128.0.0.1'])
    assert.equal(list.permits(host, 1), false, host);
});

test('specs that are none', () => {
  for (const spec of [
    '',
    'ANY',
    'example.org:443',
    '1.2.3.4:0',
    '1.2.3.4:65536',
    '1.2.3.4:080',
    '1.2.3.4/33',
    '::1/129',
    '1.2.3.4/',
    '1.2.3.4/8/8',
    '::1:443:x',
    '127.1:80',
  ])
    assert.throws(() => allowList([spec]), /is neither host:port/, spec);
});

test('loopback hosts', () => {
  for (const host of ['localhost', '127.0.0.1', '::1', '127.1.2.3']) assert.equal(isLoopback(host), true, host);
  for (const host of ['0.0.0.0', '::', 'example.org', '10.0.0.1', 'LOCALHOST.evil'])
    assert.equal(isLoopback(host), false, host);
});

test('an address has one text, and that is read as the same address (RFC 5952)', () => {
  for (const [text, one] of [
    ['149.154.167.51', '149.154.167.51'],
    ['2001:067c:04e8:f002:0000:0000:0000:000a', '2001:67c:4e8:f002::a'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
  ] as const)
    assert.equal(addressText(parseAddress(text)!), one);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = addressText(bytes);
      assert.equal(new URL(`http://[${text}]/`).hostname, `[${text}]`);
      assert.deepEqual(Buffer.from(parseAddress(text)!), Buffer.from(bytes));
    }),
  );
});
