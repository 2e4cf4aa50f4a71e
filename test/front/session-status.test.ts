/** Statuses below `/v1/sessions`: docs/http-and-msgpack.md says of each error the one that it has; Telegram's codes, and how long to wait. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS, OUTCOMES } from '../../src/errors.ts';
import { ERRORS_OVER_HTTP } from '../../src/front/http-status.ts';
import type { Ask } from '../../src/front/http-ask.ts';
import { calling } from '../../src/front/session-asks.ts';
import { sessionVerdict, statusOfCode, statusOfRefusal } from '../../src/front/session-status.ts';
import { statusRows } from '../support/status-rows.ts';

const place = (name: string): number => OUTCOMES.indexOf(name);
const verdict = (name: string, line: object): unknown =>
  sessionVerdict(false, place(name), Buffer.from(`${JSON.stringify(line)}\n`));

test('every error stands in the row of its status, and in no other', () => {
  const named = statusRows('## Sessions by path').flatMap(([status, names]) =>
    names.filter((name) => name in ERRORS).map((name) => `${status} ${name}`),
  );
  const own = ERRORS_OVER_HTTP.map((name) => `${statusOfRefusal(name)} ${name}`);
  assert.deepEqual(named.toSorted(), own.toSorted());
});

test("Telegram's codes: those that HTTP has, floods as 429, what is not the caller's as 502", () => {
  const codes: [number, number][] = [
    ...[400, 401, 403, 404, 406].map((code): [number, number] => [code, code]),
    ...[303, 500, 503, -500, -400, 0, 200, 999].map((code): [number, number] => [code, 502]),
    ...[405, 409, 499].map((code): [number, number] => [code, 400]),
    [420, 429],
    [429, 429],
    [-503, 504],
  ];
  for (const [code, status] of codes) assert.equal(statusOfCode(code), status, String(code));
});

test('an answer is judged by how it ended; of a refusal is read what HTTP says too', () => {
  const refused = (error_code: number, more: object = {}): unknown =>
    verdict('rpc_error', {
      id: 1,
      message: { _cons: 'rpc_error', error_code, error_message: 'X' },
      retryable: true,
      ...more,
    });
  assert.deepEqual(sessionVerdict(false, place('result'), Buffer.from('not read')), { status: 200 });
  assert.deepEqual(sessionVerdict(true, place('result'), Buffer.from('not read')), { status: 400 });
  assert.deepEqual(sessionVerdict(false, place('rpc_timeout'), Buffer.from('not read')), { status: 504 });
  assert.deepEqual(refused(406), { status: 406, retryAfter: 0 });
  assert.deepEqual(refused(420, { retry_after: 31 }), { status: 429, retryAfter: 31 });
  // FROZEN_METHOD_INVALID is a 420 that no waiting helps against.
  assert.deepEqual(refused(420), { status: 429, retryAfter: 0 });
  assert.deepEqual(verdict('TransportFlood', { id: 1, error: 'TransportFlood', retry_after: 0.2 }), {
    status: 429,
    retryAfter: 1,
  });
  assert.deepEqual(verdict('SessionNotFound', { id: 1, error: 'SessionNotFound' }), { status: 404, retryAfter: 0 });
});

test('of a call that could not be read, the place is one of the body', () => {
  const ask = calling.ask(['me', 'ping'], {}) as Ask;
  const line = ask.line!(Buffer.from('{"a":tru}')) as Buffer;
  const pos = line.indexOf('tru}') + 3;
  const refused = (name: string): string =>
    ask
      .verdict(
        name === 'JSONDecodeError',
        place(name),
        Buffer.from(`{"id":1,"error":"${name}","msg":",\\"pos\\":1","pos":${pos}}\n`),
      )
      .answer!.toString();
  assert.match(refused('JSONDecodeError'), /"msg":",\\"pos\\":1","pos":8}\n$/);
  assert.match(refused('DuplicateKey'), /"pos":8}\n$/);
  assert.equal(ask.verdict(false, place('result'), Buffer.from('not read')).answer, undefined);
});
