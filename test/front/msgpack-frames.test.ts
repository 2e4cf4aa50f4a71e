/** Msgpack frames: cut anywhere, limits, the token, notices; and the gateway around them on the echo worker. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Packr } from 'msgpackr';
import type { ErrorName } from '../../src/errors.ts';
import { lineFronts } from '../../src/front/first-byte.ts';
import type { FrontOwner, NoticeFields } from '../../src/main/front.ts';
import { errorFrame, MsgpackFrames } from '../../src/front/msgpack-frames.ts';
import { packedRequestId } from '../../src/bytes/packed-request-id.ts';
import { echoGateway } from '../support/echo-gateway.ts';
import { packFrame } from '../support/mp.ts';
import { Nc } from '../support/nc.ts';

const packr = new Packr({ useRecords: false, variableMapSize: true });

class Owner implements FrontOwner {
  messages: string[] = [];
  ids: string[] = [];
  refusals: [ErrorName, NoticeFields][] = [];
  held: number[] = [];
  tokens: string[] = [];
  takes = Infinity;

  message(bytes: Buffer, start: number, stop: number, id: string): boolean {
    this.messages.push(bytes.toString('latin1', start, stop));
    this.ids.push(id);
    return this.messages.length < this.takes;
  }
  reject(name: ErrorName, fields: NoticeFields): void {
    this.refusals.push([name, fields]);
  }
  refuse(name: ErrorName, fields: NoticeFields): void {
    this.refusals.push([name, fields]);
  }
  unfinished(held: number): void {
    this.held.push(held);
  }
  admit(token: string): boolean {
    this.tokens.push(token);
    return token === 'good';
  }
}

const frames = (...messages: unknown[]): Buffer => Buffer.concat(messages.map(packFrame));
const text = (message: unknown): string => packr.pack(message).toString('latin1');

test('frames, cut at every byte and in single bytes', () => {
  const sent = [{ id: 1 }, { id: 2, x: 'y'.repeat(300) }, { id: 3 }];
  const packed = Buffer.concat([frames(...sent.slice(0, 2)), Buffer.alloc(4), frames(sent[2])]);
  const cuts = [
    ...Array.from({ length: packed.length }, (_, at) => [packed.subarray(0, at), packed.subarray(at)]),
    [...packed].map((byte) => Buffer.from([byte])),
  ];
  for (const cut of cuts) {
    const owner = new Owner();
    const front = new MsgpackFrames(owner, { maxLine: 1000, needsToken: false });
    for (const chunk of cut) front.take(chunk);
    front.end();
    assert.equal(owner.messages.length, 3);
    assert.equal(owner.messages[0]!.length + owner.messages[1]!.length + owner.messages[2]!.length, packed.length - 16);
    assert.deepEqual(owner.ids, ['\x01', '\x02', '\x03']);
    assert.deepEqual(owner.refusals, []);
    assert.equal(owner.held.at(-1) ?? 0, 0);
  }
});

test('what is not wanted now waits for resume', () => {
  const owner = new Owner();
  owner.takes = 2;
  const front = new MsgpackFrames(owner, { maxLine: 1000, needsToken: false });
  front.take(frames({ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }));
  assert.equal(owner.messages.length, 2);
  owner.takes = Infinity;
  front.resume();
  assert.equal(owner.messages.length, 4);
});

test('a length over the limit is refused at once, and nothing after it is read', () => {
  for (const head of ['000003e9', '01000000', 'ffffffff']) {
    const owner = new Owner();
    const front = new MsgpackFrames(owner, { maxLine: 1000, needsToken: false });
    front.take(Buffer.from(head, 'hex'));
    front.take(frames({ id: 1 }));
    assert.deepEqual(
      owner.refusals.map(([name, { limit }]) => [name, limit]),
      [['LineTooLong', 1000]],
    );
    assert.deepEqual(owner.messages, []);
  }
});

test('a promise of much takes no memory', () => {
  const owner = new Owner();
  const front = new MsgpackFrames(owner, { maxLine: 16_000_000, needsToken: false });
  front.take(Buffer.from('00f0000081', 'hex'));
  assert.ok(owner.held.at(-1)! < 1000, `${owner.held.at(-1)}`);
});

test('an end within a frame is told', () => {
  const owner = new Owner();
  const front = new MsgpackFrames(owner, { maxLine: 1000, needsToken: false });
  front.take(frames({ id: 1 }).subarray(0, 6));
  front.end();
  assert.deepEqual(
    owner.refusals.map(([name, { pos }]) => [name, pos]),
    [['JSONDecodeError', 2]],
  );
});

test('the token: the first frame, its own limit, right and wrong', () => {
  const run = (...messages: Buffer[]): Owner => {
    const owner = new Owner();
    const front = new MsgpackFrames(owner, { maxLine: 100_000, needsToken: true });
    for (const message of messages) front.take(message);
    return owner;
  };
  assert.deepEqual(run(frames({ auth: 'good' }, { id: 1 })).messages, [text({ id: 1 })]);
  const wrong = run(frames({ auth: 'bad' }, { id: 1 }));
  assert.deepEqual([wrong.refusals[0]![0], wrong.messages], ['AuthFailed', []]);
  for (const first of [{ id: 1 }, { auth: 1 }, [1], {}, 'auth', { auth: 'x'.repeat(5000) }])
    assert.equal(run(frames(first)).refusals[0]![0], 'AuthRequired');
  assert.equal(run(frames({ auth: 'good', id: 1 })).refusals[0]![0], 'AuthRequired');
  assert.equal(run(Buffer.from('00000001c1', 'hex')).refusals[0]![0], 'AuthRequired');
});

test('where no token is needed one may be shown first, and only first', () => {
  const owner = new Owner();
  const front = new MsgpackFrames(owner, { maxLine: 1000, needsToken: false });
  front.take(frames({ auth: 'x' }, { id: 1 }, { auth: 'y' }));
  assert.deepEqual(owner.messages, [text({ id: 1 }), text({ auth: 'y' })]);
});

test('notices are frames with what the catalogue says', () => {
  const plain = (frame: Buffer): unknown => {
    assert.equal(frame.readUInt32BE(), frame.length - 4);
    return packr.unpack(Buffer.from(frame.subarray(4)));
  };
  assert.deepEqual(plain(errorFrame(-1, 'TooManyConnections', { retry_after: 1 })), {
    id: -1,
    error: 'TooManyConnections',
    msg: 'the gateway has as many clients as it may; --max-connections allows more',
    retry_after: 1,
    retryable: true,
    delivered: 'no',
    closing: true,
  });
  const id = packedRequestId(packr.pack({ id: 'müller' }), 0, 12);
  assert.equal((plain(errorFrame(id, 'WorkerCrashed', {})) as { id: string }).id, 'müller');
});

test('ids are found wherever they stand', () => {
  const idOf = (packed: Buffer): string =>
    packedRequestId(Buffer.concat([Buffer.from('xx'), packed, Buffer.from('yy')]), 2, 2 + packed.length);
  const big = {
    a: 1,
    b: [1, -1, 300, 1.5, 2n ** 60n, null, true, { id: 9 }],
    c: Buffer.alloc(300),
    d: 'x'.repeat(40),
    e: { f: {} },
  };
  for (const id of [1, 127, 128, 65_536, 2 ** 31, 2n ** 62n, 'text', 't'.repeat(128)]) {
    assert.equal(idOf(packr.pack({ id })), text(id));
    assert.equal(idOf(packr.pack({ ...big, id })), text(id));
  }
  assert.equal(idOf(packr.pack(big)), '\x01');
  assert.equal(idOf(packr.pack({ pad: Buffer.alloc(5000), id: 5 })), '-3');
  for (const id of [0, -1, 1.5, null, true, [], {}, 't'.repeat(129)])
    assert.equal(idOf(packr.pack({ id })), '-3', JSON.stringify(id));
  for (const whole of [packr.pack({ ...big, id: 77 })]) {
    for (let at = 0; at < whole.length; at++) packedRequestId(whole, 0, at);
  }
  assert.equal(idOf(packr.pack([1])), '-3');
});

test('who gets no place is told in the form it speaks', () => {
  const fronts = lineFronts({ maxLine: 1, needsToken: false });
  assert.equal(fronts.line(-1, 'TooManyConnections', {}, Buffer.from([0, 0]))[0], 0);
  assert.equal(fronts.line(-1, 'TooManyConnections', {}, Buffer.from('{'))[0], 0x7b);
  assert.equal(fronts.line(-1, 'TooManyConnections', {}, undefined)[0], 0x7b);
});

test('in the gateway: frames to the lane and what it says back, as they are; JSON beside them', async (t) => {
  const { port } = await echoGateway(t);
  const mp = await Nc.to(port);
  const json = await Nc.to(port);
  // The echo worker takes any bytes for a text and ends its echo with a newline.
  mp.send(Buffer.concat([Buffer.from([0, 0, 0, 8]), Buffer.from('{"id":1}')]));
  assert.equal(await mp.line(), '{"id":1}');
  json.send('{"id":2}\n');
  assert.equal(await json.line(), '{"id":2}');
  mp.close();
  json.close();
});

test('a second connection too many, by msgpack: one frame', async (t) => {
  const { port } = await echoGateway(t, { maxConnections: 1 });
  const first = await Nc.to(port);
  first.send('{"id":1}\n');
  await first.line();
  const second = await Nc.to(port);
  second.socket.setEncoding('latin1');
  second.send(packFrame({ id: 1 }));
  let got = '';
  second.socket.on('data', (chunk: string) => (got += chunk));
  await new Promise((resolve) => second.socket.on('end', resolve));
  assert.equal(got.charCodeAt(0), 0);
  assert.match(got, /TooManyConnections/);
  second.close();
  first.close();
});
