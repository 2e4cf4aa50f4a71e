/**
 * Bench of the codec: JSON lines to TL and back, one thread, no sockets.
 * `node dist/bench/codec.js` prints a table: time of one operation (median and best of nine runs) and MB/s of the bytes named, by the median.
 * The rows `JSON.parse` and `JSON.stringify` are what the same text costs without any TL: a yardstick, not a rival.
 */
import { cpus } from 'node:os';
import { JsonTape } from '../src/bytes/json-tape.ts';
import { Reader } from '../src/bytes/reader.ts';
import { Writer } from '../src/bytes/writer.ts';
import { JsonDialect } from '../src/dialect/json.ts';
import { compileCodec, compileSource } from '../src/tl/compile.ts';
import { loadScheme } from '../src/tl/load.ts';

/** Milliseconds a row is warmed up, and each of its runs. */
const WARM_UP = 300;
const RUN = 60;
const RUNS = 9;

const style = { int64AsString: false, flagsAsBool: false };
const started = performance.now();
const schema = loadScheme();
const loaded = performance.now();
const { codec, source, cachedData } = compileCodec(schema);
const compiled = performance.now();
compileSource(source, cachedData);
const compiledAgain = performance.now();

const tape = new JsonTape();
const out = new Writer(1 << 21);
const reader = new Reader(out.bytes);

/** Nanoseconds of one call in each run, sorted. */
function time(work: () => void): number[] {
  repeat(work, WARM_UP);
  return Array.from({ length: RUNS }, () => repeat(work, RUN)).sort((a, b) => a - b);
}

function shown(ns: number): string {
  return ns < 10_000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(1)} us`;
}

function repeat(work: () => void, milliseconds: number): number {
  let done = 0;
  let batch = 1;
  const begin = performance.now();
  let now = begin;
  while (now - begin < milliseconds) {
    for (let i = 0; i < batch; i++) work();
    done += batch;
    if (batch < 4096) batch *= 2;
    if (performance.now() - now > 5 && batch > 1) batch /= 4;
    batch = Math.max(1, Math.floor(batch));
    now = performance.now();
  }
  return ((now - begin) * 1e6) / done;
}

function row(name: string, bytes: number, work: () => void): void {
  const each = time(work);
  const median = each[RUNS >> 1]!;
  const columns = [String(bytes), shown(median), shown(each[0]!), ((bytes / median) * 1000).toFixed(0)];
  console.log(name.padEnd(40) + columns.map((column) => column.padStart(11)).join(''));
}

/** TL bytes of a constructor given as an object; long values as decimal strings. */
function tlOf(value: unknown): Buffer {
  const line = Buffer.from(JSON.stringify(value));
  const fault = tape.read(line, 0, line.length);
  if (fault !== undefined) throw new Error(fault.code);
  out.clear();
  codec.encodeObject(tape, 0, out, 'value');
  return Buffer.from(out.written());
}

/** Rows of one request: the line as it comes in, and the TL it becomes. */
function requestRows(name: string, message: unknown): void {
  const line = Buffer.from(JSON.stringify({ id: 7, message }));
  const dialect = new JsonDialect();
  const request = dialect.makeRequest();
  row(`${name}: read the line`, line.length, () => void dialect.read(line, 0, line.length, request));
  row(`${name}: encode`, line.length, () => {
    out.clear();
    dialect.encodeMessage(codec, out);
  });
  const text = line.toString();
  row(`${name}: (JSON.parse)`, line.length, () => void JSON.parse(text));
}

/** Rows of one answer: TL to JSON, and the way back. */
function answerRows(name: string, value: unknown): void {
  const bytes = tlOf(value);
  row(`${name}: decode`, bytes.length, () => {
    out.clear();
    codec.decodeObject(reader.reset(bytes, 0, bytes.length), out, style);
  });
  const json = Buffer.from(out.written());
  row(`${name}: read its JSON`, json.length, () => void tape.read(json, 0, json.length));
  row(`${name}: encode it again`, bytes.length, () => {
    out.clear();
    codec.encodeObject(tape, 0, out, 'value');
  });
  const text = json.toString();
  const parsed: unknown = JSON.parse(text);
  row(`${name}: (JSON.parse)`, json.length, () => void JSON.parse(text));
  row(`${name}: (JSON.stringify)`, json.length, () => void JSON.stringify(parsed));
}

/** A `messages.dialogs` of about 40 KB of TL: 100 dialogs with their messages and users, a third of them Cyrillic. */
function dialogs(): unknown {
  const each = Array.from({ length: 100 }, (_, i) => i);
  const peer = (i: number): unknown => ({ _cons: 'peerUser', user_id: 5_000_000_000 + i });
  return {
    _cons: 'messages.dialogs',
    dialogs: each.map((i) => ({
      _cons: 'dialog',
      peer: peer(i),
      top_message: i,
      read_inbox_max_id: i,
      read_outbox_max_id: i,
      unread_count: i % 7,
      unread_mentions_count: 0,
      unread_reactions_count: 0,
      unread_poll_votes_count: 0,
      notify_settings: { _cons: 'peerNotifySettings' },
      pts: i,
    })),
    messages: each.map((i) => ({
      _cons: 'message',
      id: i + 1,
      from_id: peer(i),
      peer_id: peer(i),
      date: 1_700_000_000 + i,
      message:
        i % 3 === 0
          ? `Привет, это сообщение номер ${i}, не очень короткое.`
          : `Hello, this is message number ${i}: "as long as people write", usually.`,
      entities: [{ _cons: 'messageEntityBold', offset: 0, length: 5 }],
    })),
    chats: [],
    users: each.map((i) => ({
      _cons: 'user',
      contact: true,
      id: 5_000_000_000 + i,
      access_hash: `-91234567890123${1000 + i}`,
      first_name: i % 3 === 0 ? 'Мария' : 'Maria',
      last_name: 'Example',
      username: `user_${i}`,
      phone: '79990001122',
      photo: {
        _cons: 'userProfilePhoto',
        photo_id: '5234567890123456789',
        stripped_thumb: Buffer.alloc(40, i).toString('base64'),
        dc_id: 2,
      },
      status: { _cons: 'userStatusOffline', was_online: 1_700_000_000 },
    })),
  };
}

console.log(`node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, layer ${codec.layer}`);
console.log(
  `scheme loaded ${(loaded - started).toFixed(0)} ms, compiled ${(compiled - loaded).toFixed(0)} ms, again from cached data ${(compiledAgain - compiled).toFixed(1)} ms; source ${(source.length / 1e6).toFixed(1)} MB, cached data ${(cachedData.length / 1e6).toFixed(1)} MB\n`,
);
console.log(''.padEnd(40) + ['bytes', 'median', 'best', 'MB/s'].map((column) => column.padStart(11)).join(''));
const peer = { _cons: 'inputPeerUser', user_id: 123_456_789_012, access_hash: '-1111111111111111111' };
requestRows('help.getNearestDc', { _cons: 'help.getNearestDc' });
answerRows('nearestDc', { _cons: 'nearestDc', country: 'NL', this_dc: 2, nearest_dc: 2 });
requestRows('messages.getDialogs', {
  _cons: 'messages.getDialogs',
  offset_date: 0,
  offset_id: 0,
  offset_peer: peer,
  limit: 20,
  hash: 0,
});
requestRows('messages.sendMessage', {
  _cons: 'messages.sendMessage',
  peer,
  message: 'Hello there!',
  random_id: '-91234567890123',
});
answerRows('messages.dialogs', dialogs());
const part = Buffer.alloc(512 * 1024, 'part of a file ').toString('base64');
requestRows('upload.saveFilePart', { _cons: 'upload.saveFilePart', file_id: '1', file_part: 0, bytes: part });
answerRows('upload.file', { _cons: 'upload.file', type: { _cons: 'storage.fileJpeg' }, mtime: 1, bytes: part });
