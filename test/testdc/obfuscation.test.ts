/** MTProxy secrets at the DC's door: plain and dd, one DC behind the port or all of them. */
import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { proxiedDc, readSecret } from '../../src/testdc/wire/obfuscation.ts';
import { ServerFraming } from '../../src/testdc/wire/server-framing.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject } from '../../src/testdc/tl/tl-value.ts';
import { makeTransport } from '../../src/transport/make.ts';
import { RawClient } from '../support/raw-client.ts';
import { NEAREST, rules, withDc } from './support.ts';

const SECRET = '000102030405060708090a0b0c0d0e0f';
const env = { now: () => 0, fill: (bytes: Uint8Array) => void randomFillSync(bytes), after: () => () => {} };

/** Vector A7 of docs/protocol.md: what a client sends first for DC 2, with the secret 00..0f. */
function vector(): Buffer {
  const init = Buffer.from(Array.from({ length: 64 }, (_, i) => (11 * i + 3) & 255));
  return Buffer.concat([init.subarray(0, 56), Buffer.from('5596d6ed47907f56', 'hex')]);
}

/** A client with a key, on a port, under a secret. */
async function reach(dc: TestDc, port: number, wanted: number, secret: string): Promise<RawClient> {
  const bytes = Buffer.from(secret, 'hex');
  const transport = makeTransport(bytes.length === 17 ? 'padded' : 'intermediate', {
    isObfuscated: true,
    secret: bytes.subarray(-16),
    dc: wanted,
  });
  const client = await RawClient.connect(port, { transport });
  await client.makeKey({ pem: dc.publicKeyPem, dcId: Math.abs(wanted) % 10_000 });
  return client;
}

/** Which DC answers there. */
async function askFor(...where: Parameters<typeof reach>): Promise<unknown> {
  const client = await reach(...where);
  return ((await client.init(NEAREST)) as TlObject)['this_dc'];
}

describe('secrets of MTProxy', () => {
  it('are 16 bytes, or 17 that begin with dd', () => {
    assert.deepEqual(readSecret(SECRET).isPaddedOnly, false);
    assert.deepEqual(readSecret(`dd${SECRET}`).isPaddedOnly, true);
    for (const wrong of ['', 'dd', SECRET.slice(2), `ee${SECRET}`, `${SECRET.slice(1)}x`])
      assert.throws(() => readSecret(wrong), RangeError);
  });

  it('open the vector A7', () => {
    const told: number[] = [];
    const framing = new ServerFraming(env, (dc) => told.push(dc), readSecret(SECRET));
    const sink = { packet: () => assert.fail(), broken: (why: string) => assert.fail(why) };
    for (const byte of vector()) framing.feed(Uint8Array.of(byte), sink);
    assert.deepEqual([framing.name, framing.isObfuscated, told], ['intermediate', true, [2]]);
    assert.equal(proxiedDc(vector(), readSecret(SECRET)), 2);
  });

  it('with dd take the padded transport alone', () => {
    const broken: string[] = [];
    const framing = new ServerFraming(env, undefined, readSecret(`dd${SECRET}`));
    framing.feed(vector(), { packet: () => assert.fail(), broken: (why) => broken.push(why) });
    assert.equal(broken.length, 1);
  });
});

describe('a DC behind a secret', () => {
  for (const secret of [SECRET, `dd${SECRET}`])
    it(`takes clients that know ${secret}, and lists it`, () =>
      withDc({ dcs: [{ id: 2, secret }] }, async (dc) => {
        const config = (await (await reach(dc, dc.port(), 2, secret)).init()) as TlObject;
        const [option] = config['dc_options'] as TlObject[];
        assert.deepEqual([option!['tcpo_only'], option!['secret']], [true, Buffer.from(secret, 'hex')]);
        const client = await RawClient.connect(dc.port());
        client.socket.write(Buffer.alloc(64, 7));
        await client.closed();
        assert.deepEqual(rules(dc), ['frame']);
      }));

  it('is any of them behind a proxy: the first bytes say which', () =>
    withDc({ dcs: [{ id: 2 }, { id: 4 }], environment: 'any', proxy: { secret: SECRET } }, async (dc) => {
      assert.equal(await askFor(dc, dc.proxyPort!, 2, SECRET), 2);
      assert.equal(await askFor(dc, dc.proxyPort!, 4, SECRET), 4);
      assert.equal(await askFor(dc, dc.proxyPort!, -4, SECRET), 4);
      assert.equal(await askFor(dc, dc.proxyPort!, 10_004, SECRET), 4);
      await assert.rejects(askFor(dc, dc.proxyPort!, 5, SECRET), /closed/);
      assert.deepEqual(rules(dc), []);
    }));
});
