/** The line reader: any cut, line ends, limits, foreign protocols. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { FrontOwner, NoticeFields } from '../../src/main/front.ts';
import { errorLine, JsonLines } from '../../src/front/json-lines.ts';

class Told implements FrontOwner {
  readonly messages: string[] = [];
  readonly errors: string[] = [];
  held = 0;
  /** How many messages may come before the front is told to wait. */
  room = Infinity;
  message(bytes: Buffer, start: number, stop: number): boolean {
    this.messages.push(bytes.toString('utf8', start, stop));
    return --this.room > 0;
  }
  reject(name: string, fields: NoticeFields): void {
    this.errors.push(`${name} ${JSON.stringify(fields)}`);
  }
  refuse(name: string, fields: NoticeFields): void {
    this.errors.push(`${name}! ${JSON.stringify(fields)}`);
  }
  unfinished(held: number): void {
    this.held = held;
  }
  admit(token: string): boolean {
    return token === 'good';
  }
}

const ROOMY = { maxLine: 1000, needsToken: false };

/** What a front tells of a stream cut into chunks. */
function read(chunks: readonly (string | Buffer)[], settings = ROOMY): Told {
  const told = new Told();
  const lines = new JsonLines(told, settings);
  for (const chunk of chunks) lines.take(Buffer.from(chunk));
  lines.end();
  return told;
}

const STREAM = Buffer.from('{"id":1}\r\n\n{"é":"\u{1f600}"}\n  {"id":3}\n[1]\n{}\n');
const LINES = ['{"id":1}', '{"é":"😀"}', '  {"id":3}', '[1]', '{}'];

test('a stream cut at every byte, and at every pair of bytes, gives the same lines', () => {
  for (let a = 0; a <= STREAM.length; a++) {
    for (let b = a; b <= STREAM.length; b++) {
      const told = read([STREAM.subarray(0, a), STREAM.subarray(a, b), STREAM.subarray(b)]);
      assert.deepEqual(told.messages, LINES);
      assert.deepEqual(told.errors, []);
      assert.equal(told.held, 0);
    }
  }
});

test('a byte at a time', () => {
  assert.deepEqual(read([...STREAM].map((byte) => Buffer.of(byte))).messages, LINES);
});

test('any lines, any cuts', () => {
  const line = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `{${text.replaceAll(/[\r\n]/g, '')}}`);
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat({ max: 2000 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(''));
      const at = [...new Set([0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length])].sort(
        (a, b) => a - b,
      );
      const told = read(at.slice(1).map((stop, i) => bytes.subarray(at[i], stop)));
      assert.deepEqual(
        told.messages,
        lines.map((one) => Buffer.from(one).toString()),
      );
    }),
  );
});

test('told to wait, it keeps the rest until it is resumed', () => {
  const told = new Told();
  const lines = new JsonLines(told, ROOMY);
  told.room = 2;
  lines.take(Buffer.from('{1}\n{2}\n{3}\n{4}\n{5'));
  assert.deepEqual(told.messages, ['{1}', '{2}']);
  told.room = 1;
  lines.resume();
  assert.deepEqual(told.messages, ['{1}', '{2}', '{3}']);
  told.room = Infinity;
  lines.resume();
  lines.take(Buffer.from('}\n'));
  assert.deepEqual(told.messages, ['{1}', '{2}', '{3}', '{4}', '{5}']);
});

test('what stands at the end without its newline is an error; white space is none', () => {
  assert.deepEqual(read(['{1}\n{2']).errors, ['JSONDecodeError {"pos":2,"msg":"the connection ended within a line"}']);
  assert.deepEqual(read(['{1}\n \r']).errors, []);
  assert.deepEqual(read([' \n ']).errors, []);
});

test('the longest line, and one byte more, whole and in pieces', () => {
  const settings = { maxLine: 10, needsToken: false };
  for (const end of ['\n', '\r\n']) {
    for (const cut of [1, 5, 9, 10, 11]) {
      const fits = `{"id":123}${end}`;
      assert.deepEqual(read([fits.slice(0, cut), fits.slice(cut)], settings).messages, ['{"id":123}']);
      const over = `{"id":1234}${end}{}\n`;
      const told = read([over.slice(0, cut), over.slice(cut)], settings);
      assert.deepEqual([told.messages, told.errors, told.held], [[], ['LineTooLong! {"limit":10}'], 0]);
    }
  }
});

test('a line that drips in holds no more than its length and what growing takes', () => {
  const told = new Told();
  const lines = new JsonLines(told, { maxLine: 100_000, needsToken: false });
  lines.take(Buffer.from('{'));
  for (let i = 0; i < 99_999; i++) lines.take(Buffer.from('x'));
  assert.ok(told.held <= 100_001, String(told.held));
  lines.take(Buffer.from('\n'));
  assert.equal(told.messages[0]?.length, 100_000);
  assert.equal(told.held, 0);
});

test('lines as long as the one before get their block at once; a short one that drips in does not', () => {
  const told = new Told();
  const lines = new JsonLines(told, { maxLine: 2_000_000, needsToken: false });
  const long = Buffer.from(`{"x":"${'y'.repeat(700_000)}"}\n`);
  for (let i = 0; i < 3; i++)
    for (let at = 0; at < long.length; at += 65_536) lines.take(long.subarray(at, at + 65_536));
  assert.deepEqual(
    told.messages,
    Array.from({ length: 3 }, () => long.toString().trimEnd()),
  );
  lines.take(long.subarray(0, 60_000));
  assert.ok(told.held > 700_000 && told.held < 1_500_000, String(told.held));
  lines.take(Buffer.from('\n'));
  for (let at = 0; at < 3000; at++) lines.take(Buffer.from('z'));
  assert.ok(told.held < 7000, String(told.held));
});

test('foreign protocols are refused by their first bytes, in any cut, and nothing after is read', () => {
  const hellos = [
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n{"id":1}\n',
    '\u0016\u0003\u0001\u0000\n{}\n',
    'PRI * HTTP/2.0\r\n\r\n{}\n',
    'x\n{}\n',
    '\n\nHost: a\n{}\n',
  ];
  for (const hello of hellos) {
    const bytes = Buffer.from(hello);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const told = read([bytes.subarray(0, cut), bytes.subarray(cut)]);
      assert.deepEqual([told.messages, told.errors], [[], ['ProtocolMismatch! {}']], JSON.stringify(hello));
    }
  }
  assert.match(read(['\u0000']).errors[0]!, /ProtocolMismatch! .*msgpack/);
});

test('an HTTP request hidden behind a right line is refused too', () => {
  for (const line of ['POST / HTTP/1.1\r\n', 'host: evil.example\r\n', 'options * HTTP/1.1\n']) {
    const text = `{"id":1}\n${line}{"id":2}\n`;
    for (let cut = 0; cut <= text.length; cut++) {
      const told = read([text.slice(0, cut), text.slice(cut)]);
      assert.deepEqual([told.messages, told.errors], [['{"id":1}'], ['ProtocolMismatch! {}']]);
    }
  }
});

test('tokens: the first line, at most 4 KiB of it', () => {
  const settings = { maxLine: 100_000, needsToken: true };
  assert.deepEqual(read(['{"auth":"go', 'od"}\n{"id":1}\n'], settings).messages, ['{"id":1}']);
  assert.deepEqual(read(['{"auth":"bad"}\n{"id":1}\n'], settings).errors, ['AuthFailed! {}']);
  for (const line of ['{"id":1}\n', '{"auth":1}\n', '{auth}\n', '{"auth":"good"}x\n', '{"auth":"good","id":1}\n'])
    assert.deepEqual(read([line], settings).errors, ['AuthRequired! {}']);
  assert.deepEqual(read(['{', 'x'.repeat(5000)], settings).errors, ['AuthRequired! {}']);
});

test('where no token is needed one may be shown first, and only first', () => {
  assert.deepEqual(read(['{"auth":"x"}\n{"id":1}\n{"auth":"y"}\n']).messages, ['{"id":1}', '{"auth":"y"}']);
  const request = '{"auth":"x","id":1,"message":{}}';
  assert.deepEqual(read([`${request}\n`]).messages, [request]);
});

test('a byte order mark is let pass at the beginning of the connection, in any cut, and nowhere else', () => {
  const marked = Buffer.from('\ufeff{"id":1}\n{"id":2}\n');
  for (let cut = 0; cut <= marked.length; cut++)
    assert.deepEqual(read([marked.subarray(0, cut), marked.subarray(cut)]).messages, ['{"id":1}', '{"id":2}']);
  assert.deepEqual(read(['\ufeff{"auth":"good"}\n{"id":1}\n'], { maxLine: 99, needsToken: true }).messages, [
    '{"id":1}',
  ]);
  for (const other of ['\ufeff\ufeff{"id":1}\n', '\n\ufeff{"id":1}\n'])
    assert.deepEqual(read([other]).errors, ['ProtocolMismatch! {}']);
});

test('an error line has the defaults of the table, and what the place adds', () => {
  assert.equal(
    errorLine('"a\\u0041"', 'JSONDecodeError', { pos: 3 }).toString(),
    '{"id":"a\\u0041","error":"JSONDecodeError","msg":"the line is not valid JSON","pos":3,"retryable":false,"delivered":"no"}\n',
  );
  const stopping = JSON.parse(errorLine(0, 'ServerStopping', { retry_after: 2 }).toString()) as object;
  assert.deepEqual(stopping, {
    id: 0,
    error: 'ServerStopping',
    msg: 'the gateway is stopping',
    retry_after: 2,
    retryable: true,
    delivered: 'no',
    closing: true,
  });
  const lost = JSON.parse(errorLine(0, 'SessionLost', { msg: 'x', closing: false }).toString()) as object;
  assert.deepEqual(lost, {
    id: 0,
    error: 'SessionLost',
    msg: 'x',
    retryable: false,
    delivered: 'unknown',
    fatal: true,
  });
});
