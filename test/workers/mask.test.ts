import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileScheme } from '../../src/tl/cache.ts';
import { Mask } from '../../workers/mask.ts';

const mask = new Mask(compileScheme(undefined).source);
const shown = (from: 'client' | 'gateway', value: unknown): unknown =>
  JSON.parse(mask.show(from, Buffer.from(JSON.stringify(value))));

test('structure, names and error codes are shown; values are not', () => {
  const line = {
    id: 7,
    session: { auth_key: 'c2VjcmV0', session_id: 123 },
    message: { _cons: 'auth.signIn', phone_code: '22222', phone_number: 79001002030, silent: true, id: ['a', 1] },
  };
  assert.deepEqual(shown('client', line), {
    id: 7,
    session: { auth_key: '…', session_id: '…' },
    message: { _cons: 'auth.signIn', phone_code: '…', phone_number: '…', silent: true, id: ['…', '…'] },
  });
  const error = { id: 'a', message: { _cons: 'rpc_error', error_code: 420, error_message: 'FLOOD_WAIT_31' } };
  assert.deepEqual(shown('gateway', error), error);
  const refusal = { id: 7, error: 'InvalidField', path: 'message.peer.id[3]', delivered: 'no', retry_after: 2 };
  assert.deepEqual(shown('gateway', refusal), refusal);
});

test('a secret in the place of a name is masked too', () => {
  const secret = 'correct_horse9';
  const lines = [
    { message: { _cons: secret } },
    { message: { _cons: [secret] } },
    { message: { [secret]: 1 } },
    { [secret]: 1 },
    { id: { _cons: 'ping', x: secret } },
    { id: [secret] },
    { error: secret },
    { path: `message.${secret}[3].${secret}`, error: 'UnknownField' },
    { delivered: secret, retry_after: secret },
    { message: { _cons: 'rpc_error', error_code: secret, error_message: secret } },
    secret,
    [secret],
  ];
  for (const line of lines)
    for (const from of ['client', 'gateway'] as const)
      assert.doesNotMatch(JSON.stringify(shown(from, line)), /horse/, `${from}: ${JSON.stringify(line)}`);
});

test('what a client says of errors is not the gateway’s word', () => {
  assert.deepEqual(shown('client', { id: 1, error: 'InvalidField', path: 'message', retry_after: 5 }), {
    id: 1,
    error: '…',
    path: '…',
    retry_after: '…',
  });
});

test('what is no JSON is shown as null', () => {
  assert.equal(mask.show('client', Buffer.from('{"phone_code":22222')), 'null');
});
