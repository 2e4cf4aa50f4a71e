/** What the soak found, each at its smallest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../src/testdc/answers/call.ts';
import { makeFaults } from '../../src/testdc/faults/faults.ts';
import { bodies } from '../../src/testdc/faults/bodies.ts';
import { DcRpcError } from '../../src/testdc/protocol/rpc-error.ts';
import { writeService } from '../../src/testdc/protocol/service.ts';
import type { TlObject } from '../../src/testdc/tl/tl-value.ts';
import { NEAREST, pairOf, signedInPair, STATUS, UPDATE_PROFILE, type Line } from '../support/one-client.ts';
import { Pair } from '../support/pair.ts';

/** A server that knows nothing of temporary keys. */
function bindsNothing({ method }: Call): DcRpcError | undefined {
  return method === 'auth.bindTempAuthKey' ? new DcRpcError(400, 'METHOD_INVALID') : undefined;
}

function outcome(line: Line | undefined): unknown[] {
  const message = line?.['message'] as Line | undefined;
  return [line?.['error'] ?? message?.['error_message'] ?? message?.['_cons'], line?.['delivered']];
}

test('-444 while a request is being carried out does not call it undelivered', async () => {
  const pair = await signedInPair('request.delay method=account.updateProfile ms=500\ntransport.444 after=1 count=1');
  pair.line(1, { id: 2, message: UPDATE_PROFILE });
  await pair.run();
  pair.line(1, { id: 3, message: STATUS });
  await pair.advance(1_000);
  const lines = pair.take(1).toSorted((a, b) => Number(a['id']) - Number(b['id']));
  assert.deepEqual(outcome(lines[0]), ['InvalidDC', 'unknown']);
  assert.equal(pair.dc.ledger.get('a'), 1);
});

test('-444 under a permanent key that has no temporary one begins no other session behind open requests', async () => {
  const pair = await signedInPair('', { session: { forwardSecrecy: 'made' }, dc: { onRequest: bindsNothing } });
  await pair.advance(3_000);
  pair.take(1);
  makeFaults(pair.dc, 'request.delay method=account.updateProfile ms=500\ntransport.444 after=1 count=1');
  pair.line(1, { id: 2, message: UPDATE_PROFILE });
  await pair.run();
  pair.line(1, { id: 3, message: STATUS });
  await pair.advance(1_000);
  const lines = pair.take(1).toSorted((a, b) => Number(a['id']) - Number(b['id']));
  assert.deepEqual(lines.map(outcome), [
    ['InvalidDC', 'unknown'],
    ['InvalidDC', 'unknown'],
  ]);
  await pair.ask(1, { id: 4, message: STATUS });
  assert.equal(pair.dc.ledger.get('a'), 1);
});

test('a migrate error for the gateway’s own question ends the call with the server’s words', async () => {
  const pair = await signedInPair('rpc.303-stats n=7');
  const [line] = await pair.ask(1, { id: 2, message: STATUS });
  assert.deepEqual([line!['id'], ...outcome(line)], [2, 'STATS_MIGRATE_7', 'yes']);
});

test('a call that waits for the address of another centre keeps its deadline', async () => {
  const pair = await signedInPair('rpc.303-stats n=7 method=account.*\nrequest.delay method=help.getConfig ms=60000');
  pair.line(1, { id: 2, timeout: 3, message: STATUS });
  await pair.advance(3_000);
  assert.equal(pair.take(1).length, 1);
  await pair.advance(90_000);
  assert.deepEqual(pair.take(1), []);
});

test('code 19 is no proof that a message was not taken', async () => {
  // Two messages leave in a container, and somebody sends that packet a second time.
  const pair = await signedInPair('packet.replay-up count=1\nrequest.delay method=account.updateProfile ms=500');
  pair.line(1, { id: 2, message: UPDATE_PROFILE });
  pair.line(1, { id: 3, message: STATUS });
  await pair.advance(2_000);
  const line = pair.take(1).find(({ id }) => id === 2);
  assert.deepEqual(outcome(line), ['DeliveryUnknown', 'unknown']);
  assert.equal(pair.dc.ledger.get('a'), 1);
});

for (const fault of [
  'salt.storm k=3 count=1',
  'bad.16 count=2',
  'bad.17 count=2',
  'bad.32 count=1',
  'session.forget count=1',
])
  test(`a temporary key is bound all the same: ${fault}`, async () => {
    const pair = await signedInPair('', { session: { forwardSecrecy: 'made' } });
    pair.close(1);
    makeFaults(pair.dc, fault);
    pair.open(2);
    pair.line(2, { id: 2, message: STATUS });
    await pair.advance(9_000);
    assert.deepEqual(
      pair.take(2).map(({ id, message }) => [id, message]),
      [[2, true]],
    );
    assert.deepEqual(pair.dc.violations.list, []);
    assert.equal(
      pair.log.some(({ event }) => event === 'no temporary key'),
      false,
    );
  });

test('RANDOM_ID_DUPLICATE says that it was done, at once', async () => {
  const pair = await signedInPair();
  pair.dc.onRequest = () => new DcRpcError(500, 'RANDOM_ID_DUPLICATE');
  const peer = { _cons: 'inputPeerSelf' };
  const [line] = await pair.ask(1, {
    id: 2,
    message: { _cons: 'messages.sendMessage', peer, message: 'x', random_id: 5 },
  });
  assert.deepEqual([...outcome(line), line!['retryable']], ['RANDOM_ID_DUPLICATE', 'yes', false]);
});

test('a server time in the key exchange that is years off is forgotten with the first message', async () => {
  const pair = pairOf();
  makeFaults(pair.dc, 'exchange.time');
  for (let id = 1; id < 5; id++) {
    pair.line(1, { id, message: { _cons: 'help.getConfig' } });
    await pair.advance(2_000);
  }
  const answered = pair.take(1).map(({ id, message }) => [id, (message as Line)['_cons']]);
  assert.deepEqual(
    answered,
    [1, 2, 3, 4].map((id) => [id, 'config']),
  );
});

test('updates that waited for ten minutes of outage are still news', async () => {
  let isDown = false;
  const pair = await signedInPair('', { isDown: () => isDown });
  const [user] = pair.dc.world.signedIn();
  isDown = true;
  pair.cut(1);
  for (let n = 0; n < 3; n++) pair.dc.pushMessage(user!, `push ${n}`);
  await pair.advance(600_000);
  isDown = false;
  await pair.advance(60_000);
  const texts = pair.take(1).map(({ message }) => (message as Line)['message']);
  assert.deepEqual(texts, ['push 0', 'push 1', 'push 2']);
});

test('a message that goes again at the server’s fields does not outlive its session', async () => {
  const pair = await signedInPair('request.delay method=account.updateProfile ms=5000');
  pair.line(1, { id: 2, message: UPDATE_PROFILE });
  await pair.run();
  const session = pair.serverSession();
  const [asked] = session.book.running();
  // In one packet: the wish to have it again, and that the session's numbering is beyond repair.
  session.push(bodies.question(0x7d861a08, asked!.low, asked!.high));
  makeFaults(pair.dc, 'bad.18 of=container count=1');
  pair.line(1, { id: 3, message: STATUS });
  pair.line(1, { id: 4, message: STATUS });
  await pair.advance(9_000);
  assert.equal(pair.dc.ledger.get('a'), 1);
  assert.deepEqual(pair.dc.violations.list, []);
});

test('a clock that stood still for a hundred seconds is noticed, and nothing is lost', async () => {
  const pair = await signedInPair();
  const [user] = pair.dc.world.signedIn();
  pair.serverSession().skewMs = 100_000;
  pair.dc.pushMessage(user!, 'push 0');
  for (let id = 2; id < 5; id++) {
    pair.line(1, { id, message: STATUS });
    await pair.advance(1_000);
  }
  pair.dc.pushMessage(user!, 'push 1');
  await pair.advance(20_000);
  const lines = pair.take(1);
  assert.deepEqual(
    lines.filter(({ id }) => id !== 0).map(({ id, message }) => [id, message]),
    [
      [2, true],
      [3, true],
      [4, true],
    ],
  );
  assert.deepEqual(
    lines.filter(({ id }) => id === 0).map(({ message }) => (message as Line)['message']),
    ['push 0', 'push 1'],
  );
});

for (const code of [32, 33]) {
  test(`numbers that are refused now and then by code ${code} go on in the same session, over the same connection`, async () => {
    const pair = await signedInPair(`bad.${code} every=4`);
    const { connections, sessions } = pair.dc.counters;
    for (let id = 2; id < 12; id++) pair.line(1, { id, message: id % 2 === 0 ? UPDATE_PROFILE : STATUS });
    await pair.advance(1_000);
    assert.deepEqual(
      pair
        .take(1)
        .map(({ id, error }) => [id, error])
        .toSorted(([a], [b]) => Number(a) - Number(b)),
      [2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((id) => [id, undefined]),
    );
    assert.equal(pair.dc.ledger.get('a'), 5);
    assert.deepEqual([pair.dc.counters.connections, pair.dc.counters.sessions], [connections, sessions]);
    assert.deepEqual(pair.dc.violations.list, []);
  });

  test(`a numbering that is refused by code ${code} however it is mended is left, session and all`, async () => {
    const pair = await signedInPair();
    const first = pair.serverSession();
    let refusals = 0;
    pair.dc.taps.message = (session, { place, seqNo, low, high }) => {
      if (session !== first || refusals++ > 50 || place === 'inner' || (place === 'single' && (seqNo & 1) === 0))
        return false;
      session.say(writeService.badMsg(low, high, seqNo, code));
      return true;
    };
    const { connections, sessions } = pair.dc.counters;
    for (const id of [2, 3]) pair.line(1, { id, message: UPDATE_PROFILE });
    await pair.run();
    const lines = pair.take(1).filter(({ id }) => id !== 0);
    assert.deepEqual(
      lines.map(({ id, error }) => [id, error]),
      [
        [2, undefined],
        [3, undefined],
      ],
    );
    assert.equal(pair.dc.ledger.get('a'), 2);
    assert.deepEqual([pair.dc.counters.connections, pair.dc.counters.sessions], [connections, sessions + 1]);
  });
}

test('a client’s own number that the server refuses is not sent again', async () => {
  const pair = await signedInPair();
  for (const id of [2, 3, 4]) await pair.ask(1, { id, message: STATUS });
  const { sessions } = pair.dc.counters;
  const [line] = await pair.ask(1, { id: 5, message: { ...UPDATE_PROFILE, _seqno: 1 } });
  assert.deepEqual([line!['id'], line!['error']], [5, undefined]);
  assert.equal(pair.dc.counters.sessions, sessions);
});

test('a session that is left while it must live on at the server is left without a pause', async () => {
  const pair = await signedInPair('request.delay method=account.updateProfile ms=9000');
  pair.line(1, { id: 2, timeout: 20, message: UPDATE_PROFILE });
  await pair.run();
  const [asked] = pair.serverSession().book.running();
  pair.serverSession().push(bodies.question(0x7d861a08, asked!.low, asked!.high));
  await pair.run();
  makeFaults(pair.dc, 'bad.18 of=single count=1');
  const { connections } = pair.dc.counters;
  pair.line(1, { id: 3, message: STATUS });
  await pair.run();
  assert.equal(pair.dc.counters.connections, connections + 1);
  assert.deepEqual(pair.take(1).find(({ id }) => id === 3)?.['message'], true);
});

for (const fault of ['transport.404', 'transport.other'])
  test(`${fault} in the key exchange is tried again within the request's own time`, async () => {
    const pair = new Pair();
    makeFaults(pair.dc, `${fault} count=2`);
    pair.open(1);
    pair.line(1, { id: 2, message: NEAREST });
    await pair.advance(5_000);
    assert.deepEqual(outcome(pair.take(1)[0]), ['nearestDc', undefined]);
    assert.equal(pair.dc.counters.connections, 3);
  });

test('-404 in every key exchange ends the request when its time is over, as never delivered', async () => {
  const pair = pairOf();
  makeFaults(pair.dc, 'transport.404');
  pair.line(1, { id: 2, timeout: 3, message: NEAREST });
  await pair.advance(2_900);
  assert.deepEqual(pair.take(1), []);
  await pair.advance(200);
  const [line] = pair.take(1);
  assert.deepEqual([line!['error'], line!['delivered'], line!['retryable']], ['NotConnected', 'no', true]);
  assert.match(String(line!['reason']), /-404/);
});

test('slow mode is one chat, found by the name of its field, whatever stands around the call', async () => {
  const pair = await signedInPair('', { session: { init: undefined } });
  const forwards: unknown[] = [];
  pair.dc.onRequest = (call) => {
    if (call.method !== 'messages.forwardMessages') return undefined;
    forwards.push((call.args['to_peer'] as TlObject)['chat_id']);
    return new DcRpcError(420, 'SLOWMODE_WAIT_60');
  };
  const init = { _cons: 'initConnection', api_id: 1, device_model: 'd', system_version: '1', app_version: '1' };
  const forward = (id: number, chat_id: number, isBare = false): object => {
    const from_peer = { _cons: 'inputPeerChannel', channel_id: 5, access_hash: 7 };
    const to_peer = { _cons: 'inputPeerChat', chat_id };
    const call = { _cons: 'messages.forwardMessages', from_peer, to_peer, id: [1], random_id: [id] };
    const query = { ...init, system_lang_code: 'en', lang_pack: '', lang_code: 'en', _wrapped: call };
    return { id, message: isBare ? call : { _cons: 'invokeWithLayer', layer: 227, _wrapped: query } };
  };
  const told = async (line: object): Promise<unknown[]> => {
    const [answer] = await pair.ask(1, line);
    const { retry_after, delivered, local } = answer!;
    return [(answer!['message'] as Line)['error_message'], retry_after, delivered, local];
  };
  assert.deepEqual(await told(forward(1, 11)), ['SLOWMODE_WAIT_60', 60, 'yes', undefined]);
  assert.deepEqual(await told(forward(2, 12)), ['SLOWMODE_WAIT_60', 60, 'yes', undefined]);
  await pair.advance(20_000);
  assert.deepEqual(await told(forward(3, 11)), ['SLOWMODE_WAIT_40', 40, 'no', true]);
  assert.deepEqual(await told(forward(4, 12, true)), ['SLOWMODE_WAIT_40', 40, 'no', true]);
  assert.deepEqual(forwards, [11n, 12n]);
  await pair.advance(40_000);
  assert.deepEqual(await told(forward(5, 11)), ['SLOWMODE_WAIT_60', 60, 'yes', undefined]);
  assert.deepEqual(pair.dc.violations.list, []);
});

test('what failed at the server may be done again only where that does no harm', async () => {
  const pair = await signedInPair();
  pair.dc.onRequest = () => new DcRpcError(-503, 'Timeout');
  const peer = { _cons: 'inputPeerSelf' };
  const rows: [object, boolean][] = [
    [{ _cons: 'messages.getBotCallbackAnswer', peer, msg_id: 1 }, false],
    [{ _cons: 'messages.createChat', users: [], title: 't' }, false],
    [{ _cons: 'messages.sendMessage', peer, message: 'm', random_id: 5 }, true],
    [NEAREST, true],
  ];
  for (const [message, retryable] of rows) {
    const [line] = await pair.ask(1, { id: 2, timeout: 0.5, message });
    assert.deepEqual([message, line!['retryable'], line!['delivered']], [message, retryable, 'unknown']);
  }
});
