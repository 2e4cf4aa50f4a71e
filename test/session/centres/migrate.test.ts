import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../../src/testdc/answers/call.ts';
import { DcRpcError } from '../../../src/testdc/protocol/rpc-error.ts';
import type { TlValue } from '../../../src/testdc/tl/tl-value.ts';
import { DEMO_ID } from '../../../src/testdc/world/seed.ts';
import { assertClean, messageOf, NEAREST, pairOf, signInDemo, type Line } from '../../support/one-client.ts';
import { type PairOptions } from '../../support/pair.ts';

const LOCATION = {
  _cons: 'inputDocumentFileLocation',
  id: 1,
  access_hash: 2,
  file_reference: '',
  thumb_size: '',
};
const FILE = { _cons: 'upload.getFile', location: LOCATION, offset: 0, limit: 4096 };
const SEND_CODE = {
  _cons: 'auth.sendCode',
  phone_number: '9996641234',
  api_id: 1,
  api_hash: 'h',
  settings: { _cons: 'codeSettings' },
};

/** A pair with client 1, and the requests the centres get, as `method@dc`. */
function seenBy(answer: (call: Call) => TlValue | DcRpcError | undefined, options: PairOptions = {}) {
  const pair = pairOf(options);
  const seen: string[] = [];
  pair.dc.onRequest = (call) => {
    seen.push(`${call.method}@${call.dcId}`);
    return answer(call);
  };
  return { pair, seen };
}

/** The two halves of an exported authorization, and files that live at DC 4. */
function elsewhere(call: Call): TlValue | DcRpcError | undefined {
  if (call.method === 'auth.exportAuthorization')
    return { _: 'auth.exportedAuthorization', id: 77n, bytes: Buffer.from('token') };
  if (call.method === 'auth.importAuthorization') {
    call.world.signIn(call.session.key, DEMO_ID);
    return { _: 'auth.authorization', user: { _: 'userEmpty', id: call.args['id'] as bigint } };
  }
  if (call.method !== 'upload.getFile') return undefined;
  return call.dcId === 2
    ? new DcRpcError(303, 'FILE_MIGRATE_4')
    : { _: 'upload.file', type: { _: 'storage.fileJpeg' }, mtime: 0, bytes: Buffer.from('file') };
}

test('a migrate error moves the account: a key there, the same call, and the session says where it is', async () => {
  const { pair, seen } = seenBy((call) => {
    if (call.method !== 'auth.sendCode') return undefined;
    return call.dcId === 2 ? new DcRpcError(303, 'PHONE_MIGRATE_4') : new DcRpcError(400, 'PHONE_NUMBER_BANNED');
  });
  pair.line(1, { id: 1, message: NEAREST });
  await pair.advance(100);
  pair.take(1);
  pair.line(1, { id: 2, message: SEND_CODE });
  await pair.advance(2000);
  const [told] = pair.take(1);
  assert.deepEqual([told!['id'], messageOf(told)['error_message']], [2, 'PHONE_NUMBER_BANNED']);
  assert.deepEqual(seen, ['help.getNearestDc@2', 'auth.sendCode@2', 'auth.sendCode@4']);
  const [{ session } = {}] = await pair.ask(1, '{"session":{}}');
  assert.equal((session as Line)['dc'], 4);
  assert.equal(pair.dc.counters.handshakes, 2);
  await pair.ask(1, { id: 3, message: NEAREST });
  assert.equal(seen.at(-1), 'help.getNearestDc@4');
  assert.equal(pair.dc.counters.openConnections, 1);
  assertClean(pair);
});

test('a loop of moves ends after three, with the server’s words', async () => {
  let left = 6;
  const { pair, seen } = seenBy((call) =>
    call.method === 'auth.sendCode' && left-- > 0
      ? new DcRpcError(303, `PHONE_MIGRATE_${call.dcId === 2 ? 4 : 2}`)
      : undefined,
  );
  pair.line(1, { id: 2, timeout: 60, message: SEND_CODE });
  await pair.advance(10_000);
  const [told] = pair.take(1);
  assert.match(String(messageOf(told)['error_message']), /^PHONE_MIGRATE_[24]$/);
  assert.equal(seen.filter((one) => one.startsWith('auth.sendCode')).length, 4);
  assertClean(pair);
});

test('a data centre nobody knows is looked up once, then the error is the client’s', async () => {
  const { pair, seen } = seenBy((call) =>
    call.method === 'auth.sendCode' ? new DcRpcError(303, 'PHONE_MIGRATE_9') : undefined,
  );
  const [told] = await pair.ask(1, { id: 2, message: SEND_CODE });
  assert.equal(messageOf(told)['error_message'], 'PHONE_MIGRATE_9');
  assert.deepEqual(seen, ['auth.sendCode@2', 'help.getConfig@2']);
  assertClean(pair);
});

test('addresses the configuration does not have come from help.getConfig', async () => {
  const onlyHome = [{ id: 2, host: '127.0.0.1', port: 442, test: false }];
  const { pair, seen } = seenBy(
    (call) => (call.method === 'auth.sendCode' && call.dcId === 2 ? new DcRpcError(303, 'PHONE_MIGRATE_4') : undefined),
    { session: { dataCentres: onlyHome } },
  );
  pair.line(1, { id: 2, message: SEND_CODE });
  await pair.advance(2000);
  assert.deepEqual(seen, ['auth.sendCode@2', 'help.getConfig@2', 'auth.sendCode@4']);
  assertClean(pair);
});

test('a file elsewhere: exported authorization, a connection there without updates, the account stays', async () => {
  const { pair, seen } = seenBy(elsewhere);
  await signInDemo(pair);
  pair.line(1, { id: 2, message: FILE });
  pair.line(1, { id: 3, message: FILE });
  await pair.advance(2000);
  const lines = pair.take(1);
  assert.deepEqual(
    lines.map((line) => line['id']),
    [2, 3],
  );
  for (const line of lines) assert.equal(messageOf(line)['bytes'], Buffer.from('file').toString('base64'));
  const there = seen.filter((one) => one.endsWith('@4'));
  assert.deepEqual(there, ['auth.importAuthorization@4', 'upload.getFile@4', 'upload.getFile@4']);
  assert.equal(seen.filter((one) => one.startsWith('auth.exportAuthorization')).length, 1);
  await pair.ask(1, { id: 4, message: NEAREST });
  assert.equal(seen.at(-1), 'help.getNearestDc@2');
  assertClean(pair);
});

test('when the account cannot be exported, the calls that wait end with that error', async () => {
  const { pair } = seenBy((call) =>
    call.method === 'auth.exportAuthorization' ? new DcRpcError(401, 'AUTH_KEY_UNREGISTERED') : elsewhere(call),
  );
  await pair.ask(1, { id: 1, message: NEAREST });
  pair.line(1, { id: 2, message: FILE });
  await pair.advance(2000);
  assert.equal(messageOf(pair.take(1)[0])['error_message'], 'AUTH_KEY_UNREGISTERED');
  assertClean(pair);
});

test('a data centre that forgot the account is told again, once', async () => {
  let forgets = 1;
  const { pair, seen } = seenBy((call) =>
    call.dcId === 4 && call.method === 'upload.getFile' && forgets-- > 0
      ? new DcRpcError(401, 'AUTH_KEY_UNREGISTERED')
      : elsewhere(call),
  );
  await signInDemo(pair);
  pair.line(1, { id: 2, message: FILE });
  await pair.advance(2000);
  assert.equal(messageOf(pair.take(1)[0])['_cons'], 'upload.file');
  assert.equal(seen.filter((one) => one.startsWith('auth.importAuthorization')).length, 2);
  assertClean(pair);
});

test('a data centre that forgets the account again and again: after one more try the call ends with its words', async () => {
  let left = 6;
  const { pair, seen } = seenBy((call) =>
    call.dcId === 4 && call.method === 'upload.getFile' && left-- > 0
      ? new DcRpcError(401, 'AUTH_KEY_UNREGISTERED')
      : elsewhere(call),
  );
  await signInDemo(pair);
  pair.line(1, { id: 2, message: FILE });
  await pair.advance(2000);
  assert.equal(messageOf(pair.take(1)[0])['error_message'], 'AUTH_KEY_UNREGISTERED');
  assert.equal(seen.filter((one) => one.startsWith('upload.getFile@4')).length, 2);
  assertClean(pair);
});

test('files go beside the home connection, and that one is closed when nobody uses it', async () => {
  const { pair } = seenBy((call) =>
    call.dcId === 2 && call.method === 'upload.getFile' ? elsewhere({ ...call, dcId: 4 }) : undefined,
  );
  await signInDemo(pair);
  assert.equal(pair.dc.counters.connections, 1);
  const [file] = await pair.ask(1, { id: 2, message: FILE });
  assert.equal(messageOf(file)['_cons'], 'upload.file');
  assert.deepEqual([pair.dc.counters.connections, pair.dc.counters.handshakes, pair.dc.counters.sessions], [2, 0, 2]);
  pair.cut(1, 1);
  const [again] = await (async () => {
    pair.line(1, { id: 3, message: FILE });
    await pair.advance(1000);
    return pair.take(1);
  })();
  assert.equal(messageOf(again)['_cons'], 'upload.file');
  await pair.advance(120_000);
  assert.equal(pair.dc.counters.openConnections, 1);
  const [last] = await pair.ask(1, { id: 4, message: FILE });
  assert.equal(messageOf(last)['_cons'], 'upload.file');
  pair.close(1);
  await pair.run();
  assert.equal(pair.dc.counters.openConnections, 0);
  assertClean(pair);
});

const TOKEN = { _cons: 'auth.exportLoginToken', api_id: 1, api_hash: 'h', except_ids: [] };
const IMPORT = { _cons: 'auth.importLoginToken', token: Buffer.from('token').toString('base64') };

/** A login token whose user lives at DC 4. */
function tokenElsewhere(call: Call): TlValue | DcRpcError | undefined {
  if (call.method === 'auth.exportLoginToken')
    return { _: 'auth.loginTokenMigrateTo', dc_id: 4, token: Buffer.from('token') };
  if (call.method !== 'auth.importLoginToken') return undefined;
  return new DcRpcError(401, call.dcId === 4 ? 'SESSION_PASSWORD_NEEDED' : 'AUTH_TOKEN_INVALID');
}

test('a login token is imported where auth.loginTokenMigrateTo says, and the account is there from then on', async () => {
  const { pair, seen } = seenBy(tokenElsewhere);
  const [told] = await pair.ask(1, { id: 1, message: TOKEN });
  assert.deepEqual([messageOf(told)['_cons'], messageOf(told)['dc_id']], ['auth.loginTokenMigrateTo', 4]);
  await pair.ask(1, { id: 2, message: NEAREST });
  assert.equal(seen.at(-1), 'help.getNearestDc@2', 'nothing moves before the token does');
  pair.line(1, { id: 3, message: IMPORT });
  await pair.advance(2000);
  assert.equal(messageOf(pair.take(1)[0])['error_message'], 'SESSION_PASSWORD_NEEDED');
  await pair.ask(1, { id: 4, message: NEAREST });
  assert.equal(seen.at(-1), 'help.getNearestDc@4');
  assertClean(pair);
});

test('a login token that nobody sent elsewhere is imported at home', async () => {
  const { pair, seen } = seenBy((call) =>
    call.method === 'auth.exportLoginToken'
      ? { _: 'auth.loginToken', expires: 4, token: Buffer.from('token') }
      : tokenElsewhere(call),
  );
  await pair.ask(1, { id: 1, message: TOKEN });
  const [told] = await pair.ask(1, { id: 2, message: IMPORT });
  assert.equal(messageOf(told)['error_message'], 'AUTH_TOKEN_INVALID');
  assert.deepEqual(seen, ['auth.exportLoginToken@2', 'auth.importLoginToken@2']);
  assertClean(pair);
});

test('an own server has data centres of its own, whatever numbers the built-in ones have', async () => {
  const dataCentres = [
    { id: 2, host: '127.0.0.1', port: 442, test: false, isOperators: true },
    { id: 4, host: '149.154.167.91', port: 443, test: false },
  ];
  for (const [message, method] of [
    [SEND_CODE, 'auth.sendCode'],
    [IMPORT, 'auth.importLoginToken'],
  ] as const) {
    const { pair, seen } = seenBy(
      (call) =>
        call.method === 'auth.sendCode' && call.dcId === 2
          ? new DcRpcError(303, 'PHONE_MIGRATE_4')
          : tokenElsewhere(call),
      { session: { dataCentres } },
    );
    await pair.ask(1, { id: 1, message: TOKEN });
    pair.line(1, { id: 2, message });
    await pair.advance(2000);
    assert.equal(seen.at(-1), `${method}@4`);
    assert.deepEqual(
      pair.dialled.filter((address) => !address.includes('127.0.0.1')),
      [],
    );
    assertClean(pair);
  }
});

test('a migrate error is followed whatever its code', async () => {
  for (const code of [303, 400, 500]) {
    const { pair, seen } = seenBy((call) =>
      call.method === 'upload.getFile' && call.dcId === 2 ? new DcRpcError(code, 'FILE_MIGRATE_4') : elsewhere(call),
    );
    await signInDemo(pair);
    seen.length = 0;
    const [line] = await pair.ask(1, { id: 2, message: FILE });
    assert.equal((line!['message'] as Line)['_cons'], 'upload.file', String(code));
    assert.deepEqual(seen.at(-1), 'upload.getFile@4');
  }
});
