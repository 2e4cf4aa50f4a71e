import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mask } from '../../workers/mask.ts';

test('structure, names and error codes are shown; values are not', () => {
  const line = {
    id: 7,
    session: { auth_key: 'c2VjcmV0', session_id: 123 },
    message: { _cons: 'auth.signIn', phone_code: '22222', phone_number: 79001002030, flag: true, list: ['a', 1] },
  };
  assert.deepEqual(JSON.parse(mask(Buffer.from(JSON.stringify(line)))), {
    id: 7,
    session: { auth_key: '…', session_id: '…' },
    message: { _cons: 'auth.signIn', phone_code: '…', phone_number: '…', flag: true, list: ['…', '…'] },
  });
  const error = { id: 7, message: { _cons: 'rpc_error', error_code: 420, error_message: 'FLOOD_WAIT_31' } };
  assert.deepEqual(JSON.parse(mask(Buffer.from(JSON.stringify(error)))), error);
});

test('a secret in the place of a name is masked too', () => {
  for (const line of [
    { message: { _cons: 'öffne dich, Sesam!' } },
    { message: { 'my secret key!': 1 } },
    { error: 'x'.repeat(81) },
  ]) {
    const shown = mask(Buffer.from(JSON.stringify(line)));
    assert.doesNotMatch(shown, /Sesam|secret|xxx/);
  }
});

test('what is no JSON is shown as null', () => {
  assert.equal(mask(Buffer.from('{"phone_code":22222')), 'null');
});
