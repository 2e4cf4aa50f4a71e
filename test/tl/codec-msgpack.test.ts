/**
 * The property over the whole scheme in msgpack: random values of every definition survive both ways, in both styles,
 * and agree with the reference (`test/support/msgpack-reference.ts`); and msgpackr reads in them what was meant.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unpackr } from 'msgpackr';
import { MsgpackTape } from '../../src/bytes/msgpack-tape.ts';
import { Reader } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { DecodeFailure, EncodeError, type JsonStyle } from '../../src/tl/codec.ts';
import type { Definition } from '../../src/tl/ir.ts';
import { codec, PLAIN, schema, STRINGS } from '../support/codec.ts';
import {
  packedBytes,
  packedInt,
  packedMap,
  packedMembers,
  packedString,
  referencePacked,
  referenceValuePacked,
} from '../support/msgpack-reference.ts';
import { Random } from '../support/random.ts';
import { referenceBytes, referenceValueBytes } from '../support/tl-reference.ts';
import { Double, ValueMaker, type TlObject, type TlValue, type ValueWish } from '../support/tl-value.ts';

const random = new Random(20_262);
const internal = new Set([
  'req_pq',
  'req_pq_multi',
  'req_DH_params',
  'set_client_DH_params',
  'http_wait',
  'destroy_auth_key',
]);
const callable = schema.definitions.filter((one) => one.isFunction && !internal.has(one.name));
const maker = new ValueMaker(schema, random, callable);
const form = codec.msgpack;
const WISHES: readonly ValueWish[] = [
  { present: 1, depth: 1 },
  { present: 0, depth: 2 },
  { present: 0.5, depth: 3 },
  { present: 0.3, depth: 4 },
];

type Decode = (from: Reader, out: Writer) => void;

function decoded(bytes: Uint8Array, decode: Decode): Buffer {
  const from = new Reader(bytes);
  const out = new Writer(16);
  decode(from, out);
  assert.equal(from.left, 0);
  return Buffer.from(out.written());
}

function decode(definition: Definition, bytes: Uint8Array, style: JsonStyle): Buffer {
  return decoded(bytes, (from, out) =>
    definition.isFunction ? form.decodeCall(from, out, style) : form.decodeObject(from, out, style),
  );
}

function tapeOf(frame: Uint8Array): MsgpackTape {
  const tape = new MsgpackTape();
  assert.equal(tape.read(frame, 0, frame.length), undefined);
  return tape;
}

function encode(isFunction: boolean, frame: Uint8Array): Buffer {
  const out = new Writer(16);
  if (isFunction) form.encodeCall(tapeOf(frame), 0, out, 'message');
  else form.encodeObject(tapeOf(frame), 0, out, 'message');
  return Buffer.from(out.written());
}

/** Counts need not be in their shortest form: what is compared is the map with each count as the reference writes it. */
function normal(frame: Uint8Array): Buffer {
  const short = Buffer.from(frame);
  let to = 0;
  for (let at = 0; at < frame.length;) {
    const isWide = frame[at] === 0xde && frame[at + 1] === 0 && (frame[at + 2] ?? 16) < 16;
    short[to++] = isWide ? 0x80 | frame[at + 2]! : frame[at]!;
    at += isWide ? 3 : 1;
  }
  return short.subarray(0, to);
}

function* values(wishes = WISHES): Generator<[Definition, TlObject]> {
  for (const definition of schema.definitions)
    for (const wish of wishes) yield [definition, maker.object(definition, wish)];
}

test('every definition: TL -> msgpack is what the reference says, in both styles', () => {
  for (const [definition, object] of values()) {
    const bytes = referenceBytes(schema, object);
    for (const style of [PLAIN, STRINGS]) {
      assert.equal(
        normal(decode(definition, bytes, style)).toString('hex'),
        normal(referencePacked(object, style)).toString('hex'),
        definition.text,
      );
    }
  }
});

test('every definition: msgpack -> TL is what the reference says, from both styles and from what the gateway wrote', () => {
  for (const [definition, object] of values()) {
    if (internal.has(definition.name)) continue;
    const bytes = referenceBytes(schema, object);
    for (const style of [PLAIN, STRINGS]) {
      assert.equal(
        encode(definition.isFunction, referencePacked(object, style)).toString('hex'),
        bytes.toString('hex'),
        definition.text,
      );
    }
    assert.equal(
      encode(definition.isFunction, decode(definition, bytes, PLAIN)).toString('hex'),
      bytes.toString('hex'),
      definition.text,
    );
  }
});

test('every definition: fields come in any order', () => {
  for (const [definition, object] of values(WISHES.slice(2, 3))) {
    if (internal.has(definition.name)) continue;
    const members = [['_cons', packedString(definition.name)] as const, ...packedMembers(object, PLAIN)];
    members.sort(() => random.below(3) - 1);
    assert.equal(
      encode(definition.isFunction, packedMap(members)).toString('hex'),
      referenceBytes(schema, object).toString('hex'),
      definition.text,
    );
  }
});

test('every result type of every function survives both ways', () => {
  for (const definition of callable) {
    if (definition.fields.some((field) => field.type.kind === 'call')) continue;
    const type = definition.result;
    const value = maker.value(type, { present: 0.5, depth: 2 }, 0);
    const bytes = referenceValueBytes(schema, type, value);
    const kind = codec.resultOf(definition.crc);
    const packed = decoded(bytes, (from, out) => form.decodeResult(kind, from, out, PLAIN));
    assert.equal(
      normal(packed).toString('hex'),
      normal(referenceValuePacked(type, value, PLAIN)).toString('hex'),
      definition.text,
    );
    const out = new Writer(16);
    form.encodeResult(kind, tapeOf(packed), 0, out, 'message');
    assert.equal(out.written().toString('hex'), bytes.toString('hex'), definition.text);
  }
});

test('msgpackr reads what was meant', () => {
  const unpackr = new Unpackr({ useRecords: false, int64AsType: 'bigint' });
  for (const [definition, object] of values(WISHES.slice(2, 3))) {
    const packed = decode(definition, referenceBytes(schema, object), STRINGS);
    assert.deepEqual(unpackr.unpack(packed), plainObject(object), definition.text);
  }
});

function plainObject(object: TlObject): Record<string, unknown> {
  const members = object.definition.fields
    .filter((field) => object.fields.has(field.name))
    .map((field) => [field.type.kind === 'call' ? '_wrapped' : field.name, plain(object.fields.get(field.name)!)]);
  return Object.fromEntries([['_cons', object.definition.name], ...members]) as Record<string, unknown>;
}

function plain(value: TlValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Double) return value.value;
  if (typeof value === 'object' && !Buffer.isBuffer(value)) return plainObject(value);
  return value;
}

const call = (name: string, ...members: [string, Buffer][]): Buffer =>
  packedMap([['_cons', packedString(name)], ...members]);

test('numbers come in every form that holds them exactly', () => {
  const wanted = encode(true, call('ping', ['ping_id', packedInt(5)])).toString('hex');
  for (const form of [
    '05',
    'cc05',
    'cd0005',
    'ce00000005',
    'cf0000000000000005',
    'd005',
    'd10005',
    'd200000005',
    'd30000000000000005',
    'cb4014000000000000',
    'ca40a00000',
    'a135',
  ]) {
    assert.equal(encode(true, call('ping', ['ping_id', Buffer.from(form, 'hex')])).toString('hex'), wanted, form);
  }
  const high = encode(true, call('ping', ['ping_id', Buffer.from('cfffffffffffffffff', 'hex')]));
  assert.equal(high.toString('hex').slice(8), 'ffffffffffffffff');
  const lost = call('ping', ['ping_id', Buffer.from('cb43e0000000000000', 'hex')]);
  assert.throws(() => encode(true, lost), { message: 'message.ping_id: digits were lost: send it as text' });
  const past32 = encode(true, call('ping', ['ping_id', Buffer.from('cbc1f2a05f20000000', 'hex')]));
  assert.equal(past32.readBigInt64LE(4), -5_000_000_000n);
});

test('a NaN keeps its bits', () => {
  const bits = '7ff8000000001234';
  const inside = call(
    'inputGeoPoint',
    ['lat', Buffer.from(`cb${bits}`, 'hex')],
    ['long', Buffer.from('ca3fc00000', 'hex')],
  );
  const bytes = encode(false, inside);
  assert.ok(bytes.toString('hex').includes(Buffer.from(bits, 'hex').reverse().toString('hex')));
  assert.equal(bytes.readDoubleLE(bytes.length - 8), 1.5);
  assert.ok(
    decoded(bytes, (from, out) => form.decodeObject(from, out, PLAIN))
      .toString('hex')
      .includes(bits),
  );
});

test('what does not fit is refused with its path', () => {
  const peer = (member: Buffer): Buffer =>
    call('messages.getHistory', ['peer', call('inputPeerUser', ['user_id', member], ['access_hash', packedInt(1)])]);
  const refused: [Buffer, string, string, string][] = [
    [
      peer(Buffer.from('cb3ff8000000000000', 'hex')),
      'InvalidField',
      'message.peer.user_id',
      'expected an integer of 64 bits',
    ],
    [peer(packedBytes(Buffer.from('x'))), 'InvalidField', 'message.peer.user_id', 'expected long, got bytes'],
    [peer(Buffer.from('d6ff00000000', 'hex')), 'InvalidField', 'message.peer.user_id', 'expected long, got extension'],
    [peer(Buffer.from('c3', 'hex')), 'InvalidField', 'message.peer.user_id', 'expected long, got boolean'],
    [
      call(
        'upload.saveFilePart',
        ['file_id', packedInt(1)],
        ['file_part', packedInt(1)],
        ['bytes', packedString('AAAA')],
      ),
      'InvalidField',
      'message.bytes',
      'expected bytes, got string',
    ],
    [
      call(
        'upload.saveFilePart',
        ['file_id', packedInt(1)],
        ['file_part', Buffer.from('ce80000000', 'hex')],
        ['bytes', packedBytes(Buffer.alloc(1))],
      ),
      'InvalidField',
      'message.file_part',
      'expected an integer of 32 bits',
    ],
    [
      call(
        'upload.saveFilePart',
        ['file_id', packedInt(1)],
        ['file_part', Buffer.from('cb3ff8000000000000', 'hex')],
        ['bytes', packedBytes(Buffer.alloc(1))],
      ),
      'InvalidField',
      'message.file_part',
      'expected an integer of 32 bits',
    ],
    [call('help.getConfig', ['x', packedInt(1)]), 'UnknownField', 'message.x', 'no such field'],
    [call('help.nothing'), 'UnknownConstructor', 'message', 'no such constructor'],
    [call('ping'), 'MissingField', 'message.ping_id', 'missing; ping takes ping_id:long'],
    [packedString('help.getConfig'), 'InvalidMessage', 'message', 'expected object, got string'],
  ];
  for (const [frame, code, path, text] of refused) {
    assert.throws(
      () => encode(true, frame),
      (error: unknown) =>
        error instanceof EncodeError && error.code === code && error.path === path && error.message.includes(text),
      text,
    );
  }
});

/** An object that is no call, with a member that is refused. */
function refusedMember(frame: Buffer, path: string, text: string): void {
  assert.throws(
    () => encode(false, frame),
    (error: unknown) => error instanceof EncodeError && error.path === path && error.message.includes(text),
    text,
  );
}

test('an integer that no double holds is refused where a double is wanted; one that a double holds is taken', () => {
  const point = (lat: string): Buffer =>
    call('inputGeoPoint', ['lat', Buffer.from(lat, 'hex')], ['long', Buffer.from('ca3fc00000', 'hex')]);
  refusedMember(point('cf0020000000000001'), 'message.lat', 'too large for a double');
  assert.equal(encode(false, point('cf001fffffffffffff')).readDoubleLE(8), Number.MAX_SAFE_INTEGER);
});

test('an int128 has 16 bytes, no fewer and no more; bytes have at most 16777215', () => {
  const failed = (nonce: Buffer): Buffer =>
    call(
      'server_DH_params_fail',
      ['nonce', packedBytes(nonce)],
      ['server_nonce', packedBytes(Buffer.alloc(16))],
      ['new_nonce_hash', packedBytes(Buffer.alloc(16))],
    );
  for (const length of [15, 17]) refusedMember(failed(Buffer.alloc(length)), 'message.nonce', 'expected 16 bytes');
  assert.equal(encode(false, failed(Buffer.alloc(16))).length, 52);
  const part = (length: number): Buffer => {
    const head = Buffer.alloc(5, 0xc6);
    head.writeUInt32BE(length, 1);
    return call(
      'upload.saveFilePart',
      ['file_id', packedInt(1)],
      ['file_part', packedInt(1)],
      ['bytes', Buffer.concat([head, Buffer.alloc(length)])],
    );
  };
  assert.throws(() => encode(true, part(0x100_0000)), { path: 'message.bytes' });
});

test('a vector that begins with another number is refused', () => {
  // msgs_ack, and the number of pong where that of a vector should stand.
  const bytes = Buffer.from('59b4d662c573773400000000', 'hex');
  assert.throws(() => decoded(bytes, (from, out) => form.decodeObject(from, out, PLAIN)), DecodeFailure);
});

test('a string that is no UTF-8 is bytes, both ways', () => {
  const bytes = encode(
    true,
    call('contacts.search', ['q', packedBytes(Buffer.from('ff61', 'hex'))], ['limit', packedInt(1)]),
  );
  const packed = decoded(bytes, (from, out) => form.decodeCall(from, out, PLAIN));
  assert.ok(packed.includes(Buffer.from('a171c402ff61', 'hex')));
});

test('a constructor that the scheme lacks: the rest as bytes, and every count around it true', () => {
  const unpackr = new Unpackr({ useRecords: false, int64AsType: 'bigint' });
  // Vectors of 1 to 20 users, the last of them unknown, in an object with flags after the vector.
  const users = schema.byName.get('userEmpty')!;
  for (const count of [1, 2, 15, 16, 20]) {
    const user = referenceBytes(schema, { definition: users, fields: new Map([['id', 7n]]) });
    const head = Buffer.alloc(8);
    head.writeUInt32LE(0x1cb5c415);
    head.writeUInt32LE(count + 3, 4);
    const rest = Buffer.from('0102030405060708', 'hex');
    const crc = Buffer.from('efbeadde', 'hex');
    const bytes = Buffer.concat([head, ...Array.from({ length: count }, () => user), crc, rest, Buffer.alloc(48)]);
    const packed = decoded(bytes, (from, out) =>
      form.decodeResult(codec.resultOf(codec.crcOf('users.getUsers')), from, out, PLAIN),
    );
    const list = unpackr.unpack(packed) as Record<string, unknown>[];
    assert.equal(list.length, count + 1);
    assert.deepEqual(
      list.slice(0, count),
      Array.from({ length: count }, () => ({ _cons: 'userEmpty', id: 7n })),
    );
    assert.deepEqual(list[count], {
      _cons: '_unknown',
      crc: '0xdeadbeef',
      raw: Buffer.concat([rest, Buffer.alloc(48)]),
    });
  }
});

test('every definition, cut short by an unknown constructor, is still whole msgpack', () => {
  const unpackr = new Unpackr({ useRecords: false, int64AsType: 'bigint' });
  let met = 0;
  for (const [definition, object] of values(WISHES.slice(0, 1))) {
    const bytes = referenceBytes(schema, object);
    for (let at = 4; at + 4 <= bytes.length && at < 400; at += 4) {
      const cut = Buffer.from(bytes);
      cut.writeUInt32LE(0xdeadbeef, at);
      try {
        const out = new Writer(16);
        const from = new Reader(cut);
        if (definition.isFunction) form.decodeCall(from, out, PLAIN);
        else form.decodeObject(from, out, PLAIN);
        if (!out.written().includes('_unknown')) continue;
        const value = unpackr.unpack(Buffer.from(out.written())) as Record<string, unknown>;
        assert.equal(value['_cons'], definition.name);
        met++;
        break;
      } catch (error) {
        if (
          error instanceof assert.AssertionError ||
          !(error instanceof Error) ||
          !/DecodeFailure|TlReadError/.test(error.name)
        )
          throw error;
      }
    }
  }
  assert.ok(met > 1000, `${met}`);
});
