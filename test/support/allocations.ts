/**
 * Counts bytes of heap that each step of the hot path takes, and prints them as JSON. Run by `allocations.test.ts` with
 * a young space that holds the whole run.
 * In: nothing. Out: bytes a call. Never: right in a process that collects meanwhile.
 */
import { randomBytes } from 'node:crypto';
import { Reader } from '../../src/bytes/reader.ts';
import { Writer } from '../../src/bytes/writer.ts';
import { AuthKey } from '../../src/crypto/auth-key.ts';
import { newHead, open, Opened, seal } from '../../src/crypto/envelope.ts';
import { Packr } from 'msgpackr';
import { JsonDialect } from '../../src/dialect/json.ts';
import { MsgpackDialect } from '../../src/dialect/msgpack.ts';
import { compileCodec } from '../../src/tl/compile.ts';
import { loadScheme } from '../../src/tl/load.ts';
import { Pair } from './pair.ts';

const WARM = 3000;
const COUNTED = 5000;

/** Bytes a call takes once everything is compiled; on a busy machine that may be later than it is warm, so the least of three. */
function measure(act: () => void): number {
  for (let i = 0; i < WARM; i++) act();
  return Math.min(counted(act), counted(act), counted(act));
}

function counted(act: () => void): number {
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < COUNTED; i++) act();
  return (process.memoryUsage().heapUsed - before) / COUNTED;
}

const { codec } = compileCodec(loadScheme());
const dialect = new JsonDialect();
const request = dialect.makeRequest();
const line = Buffer.from(
  '{"id":7,"message":{"_cons":"messages.getDialogs","offset_date":0,"offset_id":0,"offset_peer":{"_cons":"inputPeerEmpty"},"limit":20}}',
);
const call = new Writer();
const json = new Writer();
const reader = new Reader(new Uint8Array(0));
const style = { int64AsString: false, flagsAsBool: false };

/** `nearestDc country:string this_dc:int nearest_dc:int` */
const result = new Writer();
result.int32(codec.crcOf('nearestDc') | 0);
result.string(Buffer.from('NL'));
result.int32(2);
result.int32(2);
const kind = codec.resultOf(codec.crcOf('help.getNearestDc'));

const encode = measure(() => {
  call.clear();
  dialect.read(line, 0, line.length, request);
  dialect.encodeMessage(codec, call);
});
const decode = measure(() => {
  json.clear();
  codec.decodeResult(kind, reader.reset(result.bytes, 0, result.pos), json, style);
});

/** The same as msgpack: the frame of the request without its length, and the answer. */
const msgpack = new MsgpackDialect();
const frameRequest = msgpack.makeRequest();
const frame = new Packr({ useRecords: false, variableMapSize: true }).pack(JSON.parse(line.toString()));
const packedEncode = measure(() => {
  call.clear();
  msgpack.read(frame, 0, frame.length, frameRequest);
  msgpack.encodeMessage(codec, call);
});
const packed = codec.msgpack;
const packedDecode = measure(() => {
  json.clear();
  packed.decodeResult(kind, reader.reset(result.bytes, 0, result.pos), json, style);
});

const key = AuthKey.from(randomBytes(256));
const head = newHead();
const opened = new Opened();
const packet = new Writer();
const opens = measure(() => {
  packet.clear();
  seal(key, 'client', head, result.bytes, 0, result.pos, (bytes) => void bytes.fill(7), packet);
  open(key, 'client', packet.bytes, 0, packet.pos, opened);
});

/** The lane's part alone: the other half is fed by hand, so its own objects do not count. */
async function lane(): Promise<number> {
  const pair = new Pair();
  pair.open(1);
  await pair.ask(1, { message: { _cons: 'help.getNearestDc' } });
  pair.deafen(1);
  const text = Buffer.from('{"id":7,"timeout":600,"message":{"_cons":"help.getNearestDc"}}');
  for (let i = 0; i < 200; i++) pair.feed(1, text);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 600; i++) pair.feed(1, text);
  return (process.memoryUsage().heapUsed - before) / 600;
}

process.stdout.write(
  JSON.stringify({ encode, decode, packedEncode, packedDecode, open: opens, request: await lane() }),
);
