/** Required fields that may be left out: a `random_id` is drawn, from the bytes that the caller gives; what is given stays. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Packr } from 'msgpackr';
import { JsonTape } from '../../src/bytes/json-tape.ts';
import { MsgpackTape } from '../../src/bytes/msgpack-tape.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { EncodeError, type RandomSource } from '../../src/tl/codec.ts';
import { compileCodec } from '../../src/tl/compile.ts';
import { jsonShape } from '../../src/tl/json-shape.ts';
import { loadSchemeText } from '../../src/tl/load.ts';
import { codec, decodeCall, encodeCall, schema } from '../support/codec.ts';

/** Counts upwards from 1, a number for each eight bytes. */
class Counting implements RandomSource {
  next = 1n;
  fill(bytes: Uint8Array): void {
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).writeBigInt64LE(this.next++);
  }
}

type Encode = (call: object, random?: RandomSource, by?: typeof codec) => Buffer;

const FORMS: Readonly<Record<string, Encode>> = {
  JSON: (call, random, by = codec) => {
    const line = Buffer.from(JSON.stringify(call));
    const tape = new JsonTape();
    const out = new Writer(16);
    assert.equal(tape.read(line, 0, line.length), undefined);
    by.encodeCall(tape, 0, out, 'message', random);
    return Buffer.from(out.written());
  },
  msgpack: (call, random, by = codec) => {
    const frame = new Packr({ useRecords: false }).pack(call);
    const tape = new MsgpackTape();
    const out = new Writer(16);
    assert.equal(tape.read(frame, 0, frame.length), undefined);
    by.msgpack.encodeCall(tape, 0, out, 'message', random);
    return Buffer.from(out.written());
  },
};

const peer = { _cons: 'inputPeerSelf' };
const SEND = { _cons: 'messages.sendMessage', peer, message: 'm' };
const FORWARD = { _cons: 'messages.forwardMessages', from_peer: peer, to_peer: peer, id: [7, 8, 9] };

function refused(encode: () => unknown): string {
  try {
    encode();
  } catch (error) {
    assert.ok(error instanceof EncodeError, String(error));
    return `${error.code} ${error.path}`;
  }
  return assert.fail('not refused');
}

for (const [form, encode] of Object.entries(FORMS))
  describe(`a random_id in ${form}`, () => {
    const decoded = (call: object, random: RandomSource = new Counting()): Record<string, unknown> =>
      JSON.parse(decodeCall(encode(call, random))) as Record<string, unknown>;

    it('is drawn if it is absent or null', () => {
      assert.equal(decoded(SEND)['random_id'], 1);
      assert.equal(decoded({ ...SEND, random_id: null })['random_id'], 1);
    });

    it('that is given stays, 0 as well, and nothing is drawn', () => {
      const random = { fill: () => assert.fail('drawn') };
      for (const random_id of [0, 5, -7]) assert.equal(decoded({ ...SEND, random_id }, random)['random_id'], random_id);
      assert.deepEqual(decoded({ ...FORWARD, random_id: [4, 5] }, random)['random_id'], [4, 5]);
      assert.deepEqual(decoded({ ...FORWARD, random_id: [] }, random)['random_id'], []);
    });

    it('is never 0', () => {
      const random = new Counting();
      random.next = 0n;
      assert.equal(decoded(SEND, random)['random_id'], 1);
      random.next = 0n;
      assert.deepEqual(decoded(FORWARD, random)['random_id'], [1, 2, 3]);
    });

    it('is one for each id where it is a list', () => {
      assert.deepEqual(decoded(FORWARD)['random_id'], [1, 2, 3]);
      assert.deepEqual(decoded({ ...FORWARD, id: [], random_id: null })['random_id'], []);
      const quick = { _cons: 'messages.sendQuickReplyMessages', peer, shortcut_id: 1, id: [7, 8] };
      assert.deepEqual(decoded(quick)['random_id'], [1, 2]);
    });

    it('is one for each medium of an album', () => {
      const one = { _cons: 'inputSingleMedia', media: { _cons: 'inputMediaEmpty' }, message: '' };
      const call = { _cons: 'messages.sendMultiMedia', peer, multi_media: [one, { ...one, random_id: 9 }, one] };
      const media = decoded(call)['multi_media'] as { random_id: number }[];
      assert.deepEqual(
        media.map(({ random_id }) => random_id),
        [1, 9, 2],
      );
    });

    it('is required where nobody gives random bytes', () => {
      assert.equal(
        refused(() => encode(SEND)),
        'MissingField message.random_id',
      );
      assert.equal(
        refused(() => encode(FORWARD)),
        'MissingField message.random_id',
      );
    });

    it('is required where it is an int, and a list where nothing says how many', () => {
      const random = new Counting();
      const call = { _cons: 'phone.createGroupCall', peer };
      assert.equal(
        refused(() => encode(call, random)),
        'MissingField message.random_id',
      );
      const lone = compileCodec(loadSchemeText('---functions---\nlone#1 random_id:Vector<long> = Bool;\n', '')).codec;
      assert.equal(
        refused(() => encode({ _cons: 'lone' }, random, lone)),
        'MissingField message.random_id',
      );
    });

    it('does not hide that the list it goes with is missing, or is none', () => {
      const late = '---functions---\nlate#1 random_id:Vector<long> id:Vector<int> = Bool;\n';
      const by = compileCodec(loadSchemeText(late, '')).codec;
      for (const id of [undefined, 5])
        assert.equal(
          refused(() => encode({ _cons: 'late', ...(id !== undefined && { id }) }, new Counting(), by)),
          'MissingField message.random_id',
        );
    });
  });

describe('what may be left out', () => {
  it('is not among what is missing, and stands in brackets', () => {
    assert.throws(() => encodeCall('{"_cons":"messages.forwardMessages","id":[1]}'), {
      message:
        /^message\.from_peer: missing, as is to_peer; messages\.forwardMessages takes from_peer:InputPeer id:Vector<int> to_peer:InputPeer \[.* random_id:Vector<long> /,
    });
  });

  it('is marked in the shape of its method', () => {
    const shape = (name: string): string => jsonShape(schema, schema.byName.get(name)!);
    assert.match(shape('messages.sendMessage'), /"random_id": -1\d+, +\/\/ required, random if left out, long/);
    assert.match(
      shape('messages.forwardMessages'),
      /"random_id": \[.*\], +\/\/ required, random for each id if left out/,
    );
    assert.match(shape('phone.createGroupCall'), /"random_id": 1, +\/\/ required, int/);
  });
});
