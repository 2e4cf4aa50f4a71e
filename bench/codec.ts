/**
 * The codec: JSON to TL and TL to JSON, one thread, no sockets.
 * In: nothing. Out: microseconds a value, beside what others take for less: JSON.parse or JSON.stringify alone (no TL),
 * the test DC's object codec with them, and mtcute's reader and writer (objects, no JSON).
 * Never: a rival that is handed work in another form than it takes in earnest.
 */
import { JsonTape } from '../src/bytes/json-tape.ts';
import { Reader } from '../src/bytes/reader.ts';
import { Writer } from '../src/bytes/writer.ts';
import { JsonDialect } from '../src/dialect/json.ts';
import { ObjectCodec } from '../src/testdc/tl/tl-objects.ts';
import type { Codec } from '../src/tl/codec.ts';
import { compileCodec, compileSource } from '../src/tl/compile.ts';
import { loadScheme } from '../src/tl/load.ts';
import type { Bench, Context } from './bench.ts';
import type { Report, Row } from './report.ts';
import { compareWorks } from './timing.ts';
import { wholeScheme } from './whole-scheme.ts';

/** A round of one function, ms. */
const ROUND = 25;
const STYLE = { int64AsString: false, flagsAsBool: false };

/** What of mtcute is used; its maps are not among what the package exports. */
interface Mtcute {
  read(bytes: Uint8Array): unknown;
  write(value: unknown): Uint8Array;
}

async function mtcute(): Promise<Mtcute> {
  const file = (name: string): string =>
    new URL(`../../node_modules/@mtcute/core/tl/binary/${name}.js`, import.meta.url).href;
  const { __tlReaderMap } = (await import(file('reader'))) as { __tlReaderMap: never };
  const { __tlWriterMap } = (await import(file('writer'))) as { __tlWriterMap: never };
  const { TlBinaryReader, TlBinaryWriter } = await import('@mtcute/core/utils.js');
  return {
    read: (bytes) => new TlBinaryReader(__tlReaderMap, bytes).object(),
    write: (value) => TlBinaryWriter.serializeObject(__tlWriterMap, value as { _: string }),
  };
}

class Bencher {
  readonly rows: Row[] = [];
  readonly #context: Context;
  readonly #codec: Codec;
  readonly #objects: ObjectCodec;
  readonly #mtcute: Mtcute;
  readonly #tape = new JsonTape();
  readonly #out = new Writer(1 << 21);

  constructor(context: Context, codec: Codec, objects: ObjectCodec, peer: Mtcute) {
    this.#context = context;
    this.#codec = codec;
    this.#objects = objects;
    this.#mtcute = peer;
  }

  /** One line a function; they take turns. */
  #measure(title: string, bytes: number, works: Readonly<Record<string, () => void>>): void {
    this.#context.progress(title);
    const figures = compareWorks(Object.values(works), this.#context.runs, ROUND);
    for (const [i, name] of Object.keys(works).entries()) {
      const micros = figures[i]!;
      this.rows.push({
        name: `${title}: ${name}`,
        values: { bytes: [bytes], us: micros, rate: micros.map((us) => bytes / us) },
      });
    }
  }

  /** TL bytes of a constructor given as an object; long values as decimal strings. */
  #tlOf(value: unknown): Buffer {
    const line = Buffer.from(JSON.stringify(value));
    const fault = this.#tape.read(line, 0, line.length);
    if (fault !== undefined) throw new Error(fault.code);
    this.#out.clear();
    this.#codec.encodeObject(this.#tape, 0, this.#out, 'value');
    return Buffer.from(this.#out.written());
  }

  /** A line as it comes in, to the TL it becomes. */
  request(title: string, message: unknown): void {
    const out = this.#out;
    const text = JSON.stringify({ id: 7, message });
    const line = Buffer.from(text);
    const dialect = new JsonDialect();
    const into = dialect.makeRequest();
    dialect.read(line, 0, line.length, into);
    out.clear();
    dialect.encodeMessage(this.#codec, out);
    const tl = Buffer.from(out.written());
    const object = this.#objects.decode(new Reader(tl));
    this.#measure(`${title}, in`, line.length, {
      'line to TL': () => {
        dialect.read(line, 0, line.length, into);
        out.clear();
        dialect.encodeMessage(this.#codec, out);
      },
      'JSON.parse alone': () => void JSON.parse(line.toString()),
      'JSON.parse, objects to TL': () => {
        JSON.parse(line.toString());
        this.#objects.encode(object);
      },
    });
  }

  /** TL as it comes from a DC, to its JSON. */
  answer(title: string, value: unknown): void {
    const out = this.#out;
    const tl = this.#tlOf(value);
    const reader = new Reader(tl);
    this.#codec.decodeObject(reader.reset(tl, 0, tl.length), out, STYLE);
    const object = this.#mtcute.read(tl);
    const plain: unknown = JSON.parse(JSON.stringify(value));
    this.#measure(`${title}, out`, tl.length, {
      'TL to JSON': () => {
        out.clear();
        this.#codec.decodeObject(reader.reset(tl, 0, tl.length), out, STYLE);
      },
      'mtcute, TL to objects': () => void this.#mtcute.read(tl),
      'test DC, TL to objects': () => void this.#objects.decode(new Reader(tl)),
      'JSON.stringify alone': () => void Buffer.from(JSON.stringify(plain)),
      'mtcute, objects to TL': () => void this.#mtcute.write(object),
    });
  }

  /** One value of every constructor, in turn: code and tables that no single call keeps warm. mtcute takes those of its layer. */
  everything(values: readonly object[]): void {
    const out = this.#out;
    const lines = values.map((value) => Buffer.from(JSON.stringify(value)));
    const all = values.map((value) => this.#tlOf(value));
    const known = all.filter((tl) => this.#isRead(tl));
    const reader = new Reader(all[0]!);
    const bytes = (blocks: readonly Buffer[]): number => blocks.reduce((sum, { length }) => sum + length, 0);
    const decode = (tl: Buffer): void => {
      out.clear();
      this.#codec.decodeObject(reader.reset(tl, 0, tl.length), out, STYLE);
    };
    const title = `whole scheme, ${values.length} constructors`;
    this.#measure(`${title}, in`, bytes(lines), {
      'JSON to TL': () => {
        for (const line of lines) {
          this.#tape.read(line, 0, line.length);
          out.clear();
          this.#codec.encodeObject(this.#tape, 0, out, 'value');
        }
      },
      'JSON.parse alone': () => {
        for (const line of lines) JSON.parse(line.toString());
      },
    });
    this.#measure(`${title}, out`, bytes(all), { 'TL to JSON': () => all.forEach(decode) });
    this.#measure(`of them ${known.length} of mtcute's layer, out`, bytes(known), {
      'TL to JSON': () => known.forEach(decode),
      'mtcute, TL to objects': () => {
        for (const tl of known) this.#mtcute.read(tl);
      },
    });
  }

  #isRead(tl: Buffer): boolean {
    try {
      this.#mtcute.read(tl);
      return true;
    } catch {
      return false;
    }
  }

  /** As `answer`, to msgpack. */
  packed(title: string, value: unknown): void {
    const out = this.#out;
    const tl = this.#tlOf(value);
    const reader = new Reader(tl);
    const form = this.#codec.msgpack;
    this.#measure(`${title}, out`, tl.length, {
      'TL to msgpack': () => {
        out.clear();
        form.decodeObject(reader.reset(tl, 0, tl.length), out, STYLE);
      },
    });
  }
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

async function run(context: Context): Promise<Report> {
  const from = performance.now();
  const schema = loadScheme();
  const loaded = performance.now();
  const { codec, source, cachedData } = compileCodec(schema);
  const compiled = performance.now();
  compileSource(source, cachedData);
  const again = performance.now();
  const bencher = new Bencher(context, codec, new ObjectCodec(schema), await mtcute());
  const part = Buffer.alloc(512 * 1024, 'part of a file ').toString('base64');
  const peer = { _cons: 'inputPeerUser', user_id: 123_456_789_012, access_hash: '-1111111111111111111' };
  bencher.request('help.getNearestDc', { _cons: 'help.getNearestDc' });
  bencher.request('messages.sendMessage', {
    _cons: 'messages.sendMessage',
    peer,
    message: 'Hello there!',
    random_id: '-91234567890123',
  });
  bencher.request('upload.saveFilePart 512 KiB', {
    _cons: 'upload.saveFilePart',
    file_id: '1',
    file_part: 0,
    bytes: part,
  });
  const file = { _cons: 'upload.file', type: { _cons: 'storage.fileJpeg' }, mtime: 1, bytes: part };
  bencher.answer('nearestDc', { _cons: 'nearestDc', country: 'NL', this_dc: 2, nearest_dc: 2 });
  bencher.answer('messages.dialogs', dialogs());
  bencher.answer('upload.file 512 KiB', file);
  bencher.packed('messages.dialogs', dialogs());
  bencher.packed('upload.file 512 KiB', file);
  bencher.everything(wholeScheme(schema));
  return {
    bench: 'codec',
    about: `JSON and TL, layer ${codec.layer}`,
    columns: [
      { key: 'bytes', title: 'bytes in', better: 'none' },
      { key: 'us', title: 'us', better: 'less' },
      { key: 'rate', title: 'MB/s', better: 'more' },
    ],
    rows: bencher.rows,
    notes: [
      `Scheme read in ${ms(loaded - from)}, compiled in ${ms(compiled - loaded)}, again with V8's cached data in ${ms(again - compiled)}; ${(source.length / 1e6).toFixed(1)} MB of source.`,
    ],
  };
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

export const codec: Bench = { name: 'codec', about: 'JSON to TL and back, against others', run };
