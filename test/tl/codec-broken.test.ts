/**
 * Broken and strange TL: cut at every byte, changed at any byte, numbers the scheme does not have.
 * Whatever comes, a decoder throws one of two errors with the writer as it was, or writes JSON that is lossless.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reader, TlReadError } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { DecodeFailure } from '../../src/tl/codec.ts';
import { codec, decodeObject, decodeResult, encodeObject, PLAIN, schema, STRINGS } from '../support/codec.ts';
import { Random } from '../support/random.ts';
import { referenceBytes } from '../support/tl-reference.ts';
import { ValueMaker } from '../support/tl-value.ts';

const random = new Random(77);
const constructors = schema.definitions.filter((one) => !one.isFunction);
const maker = new ValueMaker(schema, random, []);

/** Decodes; gives the JSON, or undefined after one of the two errors with everything put back. */
function tryDecode(bytes: Uint8Array, style = PLAIN): string | undefined {
  const out = new Writer(32);
  out.ascii('before');
  try {
    codec.decodeObject(new Reader(bytes), out, style);
  } catch (error) {
    assert.ok(error instanceof TlReadError || error instanceof DecodeFailure, String(error));
    assert.equal(out.written().toString(), 'before');
    return undefined;
  }
  return out.written(6).toString('utf8');
}

function someBytes(depth = 2): Buffer {
  return referenceBytes(schema, maker.object(random.pick(constructors), { present: 0.6, depth }));
}

test('cut at every byte: an error, and the writer as it was', () => {
  for (let i = 0; i < 150; i++) {
    const whole = someBytes();
    assert.ok(tryDecode(whole) !== undefined);
    for (let stop = 0; stop < Math.min(whole.length, 3000); stop++) {
      assert.equal(tryDecode(whole.subarray(0, stop)), undefined, `${whole.toString('hex')} cut at ${stop}`);
    }
  }
});

test('changed at random: what is still accepted is JSON, and encodes to the very same bytes', () => {
  let accepted = 0;
  for (let i = 0; i < 20_000; i++) {
    const bytes = someBytes(1);
    for (let n = random.below(3); n >= 0; n--) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    const from = new Reader(bytes);
    const out = new Writer(32);
    const style = random.chance(0.5) ? PLAIN : STRINGS;
    try {
      codec.decodeObject(from, out, style);
    } catch {
      assert.equal(tryDecode(bytes, style), undefined);
      continue;
    }
    const json = out.written().toString('utf8');
    JSON.parse(json);
    if (json.includes('"_unknown"')) {
      assert.equal(from.left, 0);
      continue;
    }
    accepted++;
    assert.equal(encodeObject(json).toString('hex'), bytes.subarray(0, from.pos).toString('hex'), json);
  }
  assert.ok(accepted > 1000, `${accepted} of 20000 accepted`);
});

test('noise is refused or told as unknown', () => {
  for (let i = 0; i < 5000; i++) {
    const json = tryDecode(random.bytes(random.below(64)));
    if (json !== undefined) JSON.parse(json);
  }
});

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('a number that the scheme lacks: what is left of the message, brackets closed, reader at its end', () => {
  assert.equal(decodeObject(hex('efbeadde 01020304 05')), '{"_cons":"_unknown","crc":"0xdeadbeef","raw":"AQIDBAU="}');
  assert.equal(decodeObject(hex('01000000')), '{"_cons":"_unknown","crc":"0x00000001","raw":""}');
  // A vector where any object may stand: its item type cannot be known (rpc_result of an unknown request).
  assert.equal(decodeObject(hex('15c4b51c 00000000')), '{"_cons":"_unknown","crc":"0x1cb5c415","raw":"AAAAAA=="}');
});

test('unknown inside vectors and objects, behind a string full of brackets', () => {
  const text = encodeObject('{"_cons":"help.termsOfServiceUpdateEmpty","expires":5}').subarray(0, 4);
  assert.equal(text.length, 4);
  const before = encodeObject(
    '{"_cons":"textConcat","texts":[{"_cons":"textPlain","text":"{[\\"\\\\"},{"_cons":"textBold","text":{"_cons":"textEmpty"}}]}',
  );
  before.writeUInt32LE(0xdeadbeef, before.length - 4);
  const whole = Buffer.concat([before, Buffer.from('rest')]);
  assert.equal(
    decodeObject(whole),
    '{"_cons":"textConcat","texts":[{"_cons":"textPlain","text":"{[\\"\\\\"},{"_cons":"textBold","text":{"_cons":"_unknown","crc":"0xdeadbeef","raw":"cmVzdA=="}}]}',
  );
  assert.equal(
    decodeResult('account.updateStatus', hex('efbeadde 0000')),
    '{"_cons":"_unknown","crc":"0xdeadbeef","raw":"AAA="}',
  );
  assert.equal(
    decodeResult('users.getUsers', hex('15c4b51c 01000000 efbeadde')),
    '[{"_cons":"_unknown","crc":"0xdeadbeef","raw":""}]',
  );
});

test('a known number in the wrong place is a failure that names it', () => {
  const pong = encodeObject('{"_cons":"pong","msg_id":1,"ping_id":2}');
  for (const method of ['help.getNearestDc', 'account.updateStatus', 'users.getUsers']) {
    assert.throws(
      () => decodeResult(method, pong),
      (error) =>
        error instanceof DecodeFailure && error.crc === 0x347773c5 && error.message === 'pong cannot stand here',
    );
  }
  // A function is no constructor.
  assert.throws(() => decodeObject(hex('ec77be7a 0000000000000000')), DecodeFailure);
});

test('counts that cannot fit, bad strings and endless depth are refused before they cost anything', () => {
  for (const bytes of ['15c4b51c ffffffff', '15c4b51c ffffff7f', '15c4b51c 02000000 00000000', '15c4b51c 00000080']) {
    assert.throws(() => decodeResult('users.getUsers', hex(bytes)), TlReadError, bytes);
  }
  const plain = encodeObject('{"_cons":"textPlain","text":"ab"}');
  for (const [at, byte] of [
    [7, 1],
    [4, 255],
    [4, 254],
    [4, 3],
  ] as const) {
    const bad = Buffer.from(plain);
    bad[at] = byte;
    if (byte === 3) assert.equal(decodeObject(bad), '{"_cons":"textPlain","text":"ab\\u0000"}');
    else assert.equal(tryDecode(bad), undefined, `${at} ${byte}`);
  }
  const bold = encodeObject('{"_cons":"textBold","text":{"_cons":"textEmpty"}}').subarray(0, 4);
  const empty = encodeObject('{"_cons":"textEmpty"}');
  const nested = (n: number): Buffer => Buffer.concat([...Array.from({ length: n }, () => bold), empty]);
  assert.ok(tryDecode(nested(63)) !== undefined);
  assert.throws(() => decodeObject(nested(64)), DecodeFailure);
  assert.throws(() => decodeObject(nested(200_000)), DecodeFailure);
});

test('flag bits that the scheme does not know are shown, and survive', () => {
  const line = encodeObject('{"_cons":"messageActionSetMessagesTTL","period":5}');
  line.writeUInt32LE(0x8000_0000, 4);
  const json = decodeObject(line);
  assert.equal(json, '{"_cons":"messageActionSetMessagesTTL","period":5,"flags":2147483648}');
  assert.equal(encodeObject(json).toString('hex'), line.toString('hex'));
});
