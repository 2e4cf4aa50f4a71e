/** The server half of the key exchange: every field checked, every way it can end. */
import assert from 'node:assert/strict';
import { constants, createHash, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { DhGroup } from '../../src/crypto/dh.ts';
import { DH_PRIME } from '../../src/testdc/keys/key-exchange.ts';
import { isPrime } from '../../src/testdc/keys/pq.ts';
import type { TestDcOptions } from '../../src/testdc/dc-server.ts';
import type { Outcome } from '../../src/testdc/keys/dc-handshake.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject } from '../../src/testdc/tl/tl-value.ts';
import { codec, RawClient } from '../support/raw-client.ts';
import type { MakeKeyOptions } from '../support/raw-client.ts';
import { NEAREST, PING, rules, withDc } from './support.ts';

/** Tries an exchange; the answer is the transport code it was refused with, or 0. */
async function attempt(dc: TestDc, options: Omit<MakeKeyOptions, 'pem'> = {}): Promise<number> {
  const client = await RawClient.connect(dc.port());
  try {
    await client.makeKey({ pem: dc.publicKeyPem, ...options });
    client.send(PING);
    await client.message('pong');
    return 0;
  } catch (error) {
    if (client.statuses[0] === undefined) throw error;
    await client.closed();
    return client.statuses[0];
  } finally {
    client.close();
  }
}

/** Sets fields of one of the client's objects. */
function changing(name: string, fields: (value: TlObject) => Partial<TlObject>): Omit<MakeKeyOptions, 'pem'> {
  return { change: (of, value) => (of === name ? { ...value, ...fields(value) } : value) };
}

/** Counts b up, multiplying by g_a, until g_a^b begins with a zero byte: one in 256 does. */
function secretForZeroTop(gA: Uint8Array): Uint8Array {
  const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const [p, step] = [number(DH_PRIME), number(gA)];
  const begin = Buffer.concat([Buffer.of(0x7f), randomBytes(255)]);
  let b = number(begin);
  let shared = number(DhGroup.of(3, DH_PRIME).powers(begin).shared(gA));
  for (; shared >> 2040n !== 0n; b++) shared = (shared * step) % p;
  return Buffer.from(b.toString(16), 'hex');
}

describe('key exchange', () => {
  it('makes a key, with salt and time', () =>
    withDc({}, async (dc) => {
      const client = await RawClient.connect(dc.port());
      const key = await client.makeKey({ pem: dc.publicKeyPem });
      assert.ok(Math.abs(client.timeOffset) < 2);
      client.send(PING);
      await client.message('pong');
      assert.equal(dc.counters.handshakes, 1);
      assert.ok(dc.centres.get(2)!.keys.find(key.idLow, key.idHigh, Date.now()) !== undefined);
      assert.deepEqual(rules(dc), []);
    }));

  const other = randomBytes(16);
  const wrong: readonly (readonly [string, Omit<MakeKeyOptions, 'pem'>])[] = [
    ['p', changing('req_DH_params', () => ({ p: Buffer.from([3]) }))],
    ['p and q exchanged', changing('req_DH_params', ({ p, q }) => ({ p: q!, q: p! }))],
    ['the fingerprint', changing('req_DH_params', () => ({ public_key_fingerprint: 1n }))],
    ['the nonce of req_DH_params', changing('req_DH_params', () => ({ nonce: other }))],
    ['the server_nonce of req_DH_params', changing('req_DH_params', () => ({ server_nonce: other }))],
    ['encrypted_data', changing('req_DH_params', () => ({ encrypted_data: Buffer.alloc(256, 1) }))],
    ['a short encrypted_data', changing('req_DH_params', () => ({ encrypted_data: Buffer.alloc(255, 1) }))],
    ['the inner pq', changing('inner', () => ({ pq: Buffer.from([15]) }))],
    ['the inner p', changing('inner', () => ({ p: Buffer.from([3]) }))],
    ['the inner nonce', changing('inner', () => ({ nonce: other }))],
    ['the inner server_nonce', changing('inner', () => ({ server_nonce: other }))],
    ['the nonce of client_DH_inner_data', changing('client_DH_inner_data', () => ({ nonce: other }))],
    ['retry_id', changing('client_DH_inner_data', () => ({ retry_id: 1n }))],
    ['g_b = 1', changing('client_DH_inner_data', () => ({ g_b: Buffer.from([1]) }))],
    ['g_b below 2^1984', changing('client_DH_inner_data', () => ({ g_b: Buffer.alloc(248, 255) }))],
    [
      'g_b = p - 1',
      changing('client_DH_inner_data', () => ({
        g_b: Buffer.concat([DH_PRIME.subarray(0, 255), Buffer.from([0x5a])]),
      })),
    ],
    [
      'the encryption of client_DH_inner_data',
      changing('set_client_DH_params', () => ({ encrypted_data: Buffer.alloc(336, 3) })),
    ],
    ['its length', changing('set_client_DH_params', () => ({ encrypted_data: Buffer.alloc(335, 3) }))],
  ];
  for (const [what, options] of wrong)
    it(`-404 on a wrong ${what}`, () =>
      withDc({}, async (dc) => {
        assert.equal(await attempt(dc, options), -404);
        assert.deepEqual(rules(dc), ['key-exchange']);
        assert.equal(dc.counters.handshakes, 0);
      }));

  const ids: readonly (readonly [number, TestDcOptions['environment'] & string, number])[] = [
    [2, 'production', 0],
    [-2, 'production', 0],
    [10_002, 'production', -444],
    [4, 'production', -444],
    [10_002, 'test', 0],
    [-10_002, 'test', 0],
    [2, 'test', -444],
    [2, 'any', 0],
    [10_002, 'any', 0],
  ];
  for (const [dcId, environment, code] of ids)
    it(`DC id ${dcId} in ${environment}: ${code === 0 ? 'taken' : code}`, () =>
      withDc({ environment }, async (dc) => {
        assert.equal(await attempt(dc, { dcId }), code);
      }));

  it('takes the inner data without a DC id', () =>
    withDc({}, async (dc) => {
      const change: MakeKeyOptions['change'] = (name, value) => {
        if (name !== 'inner') return value;
        const { dc: _, ...rest } = value;
        return { ...rest, _: 'p_q_inner_data' };
      };
      assert.equal(await attempt(dc, { change }), 0);
    }));

  it('answers a query sent again verbatim with the same bytes, on another connection too', () =>
    withDc({}, async (dc) => {
      const [a, b] = [await RawClient.connect(dc.port()), await RawClient.connect(dc.port())];
      const query: TlObject = { _: 'req_pq_multi', nonce: randomBytes(16) };
      assert.deepEqual(await a.ask(query), await b.ask(query));
      assert.deepEqual(await a.ask(query), await a.ask(query));
      const fresh = await a.ask({ _: 'req_pq_multi', nonce: randomBytes(16) });
      assert.notDeepEqual((await a.ask(query))['server_nonce'], fresh['server_nonce']);
    }));

  it('takes msg_id 0 and padding behind the body of unencrypted messages', () =>
    withDc({}, async (dc) => {
      const client = await RawClient.connect(dc.port());
      client.plain(codec.encode({ _: 'req_pq_multi', nonce: randomBytes(16) }), 0n, 7 * 4);
      await client.message('resPQ');
      client.plain(Buffer.concat([codec.encode({ _: 'req_pq_multi', nonce: randomBytes(16) }), randomBytes(20)]));
      await client.until(() => (client.came.length === 2 ? true : undefined));
      assert.equal(dc.violations.total, 0);
      assert.equal(dc.violations.counts.get('plain-msg-id-zero'), 1);
    }));

  it('sends dh_gen_retry and dh_gen_fail when told to', () =>
    withDc({}, async () => {
      const outcomes: Outcome[] = ['retry', 'retry', 'ok', 'fail'];
      await withDc({ outcome: () => outcomes.shift()! }, async (dc) => {
        assert.equal(await attempt(dc), 0);
        const client = await RawClient.connect(dc.port());
        await assert.rejects(client.makeKey({ pem: dc.publicKeyPem }), /dh_gen_fail/);
        assert.deepEqual(rules(dc), []);
      });
    }));

  for (const zeroTop of ['padded', 'minimal'] as const)
    it(`can draw a g_a that begins with a zero byte (${zeroTop})`, () =>
      withDc({ zeroTop }, async (dc) => {
        for (let i = 0; i < 3; i++) assert.equal(await attempt(dc), 0);
      }));

  it('agrees on a key that begins with a zero byte', () =>
    withDc({}, async (dc) => {
      const client = await RawClient.connect(dc.port());
      const key = await client.makeKey({ pem: dc.publicKeyPem, secret: secretForZeroTop });
      assert.equal(key.bytes[0], 0);
      client.send(PING);
      await client.message('pong');
    }));

  it('makes a temporary key that is gone when it expires', () =>
    withDc({}, async () => {
      let ahead = 0;
      await withDc({ now: () => Date.now() + ahead }, async (dc) => {
        const client = await RawClient.connect(dc.port());
        await client.makeKey({ pem: dc.publicKeyPem, expiresIn: 60 });
        client.send(PING);
        await client.message('pong');
        ahead = 61_000;
        const second = await client.reconnect();
        second.send(PING);
        assert.equal(await second.status(), -404);
      });
    }));

  it('takes the padding from before 2021 behind its switch only', async () => {
    const old = (pem: string) => (data: Buffer) => {
      const plain = Buffer.concat([Buffer.of(0), createHash('sha1').update(data).digest(), data]);
      return publicEncrypt(
        { key: createPublicKey(pem), padding: constants.RSA_NO_PADDING },
        Buffer.concat([plain, randomBytes(256 - plain.length)]),
      );
    };
    await withDc({ acceptsOldPadding: true }, async (dc) =>
      assert.equal(await attempt(dc, { pad: old(dc.publicKeyPem) }), 0),
    );
    await withDc({}, async (dc) => assert.equal(await attempt(dc, { pad: old(dc.publicKeyPem) }), -404));
  });

  it('refuses each step at the wrong time', () =>
    withDc({}, async (dc) => {
      const client = await RawClient.connect(dc.port());
      const nonce = randomBytes(16);
      const { server_nonce: serverNonce } = await client.ask({ _: 'req_pq_multi', nonce });
      client.plain(
        codec.encode({
          _: 'set_client_DH_params',
          nonce,
          server_nonce: serverNonce!,
          encrypted_data: Buffer.alloc(336),
        }),
      );
      assert.equal(await client.status(), -404);
      assert.match(dc.violations.list[0]!.detail, /too early/);
    }));

  it('gives every DC of several its own keys', () =>
    withDc({ dcs: [{ id: 1 }, { id: 2 }] }, async (dc) => {
      const one = await RawClient.connect(dc.port(1));
      await one.makeKey({ pem: dc.publicKeyPem, dcId: 1 });
      assert.equal(((await one.init(NEAREST)) as TlObject)['this_dc'], 1);
      const two = await RawClient.connect(dc.port(2));
      two.authKey = one.authKey;
      two.send(PING);
      assert.equal(await two.status(), -404);
    }));
});

describe('pq', () => {
  it('knows primes', () => {
    const slow = (n: number): boolean => {
      for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
      return n > 1;
    };
    fc.assert(fc.property(fc.integer({ min: 11, max: 2 ** 31 - 1 }), (n) => isPrime(BigInt(n | 1)) === slow(n | 1)));
    for (const [n, prime] of [
      [1229739323n, true],
      [1402015859n, true],
      [2147483647n, true],
      [46337n * 46327n, false],
    ] as const)
      assert.equal(isPrime(n), prime);
  });
});
