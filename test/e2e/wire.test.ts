/** What a newcomer types wrongly, and what the gateway makes of it: over lines, msgpack and HTTP alike. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { everywhere, lines, post, stage, type Line, type Stage } from '../support/error-stage.ts';
import { Nc } from '../support/nc.ts';

const ends: (() => Promise<void>)[] = [];
let gateway: Stage;

before(async () => {
  gateway = await stage({ after: (end) => void ends.push(end) });
});

after(async () => {
  for (const end of ends) await end();
});

/** What all three forms say of a request, but for their sentences where those differ. */
async function told(request: Line): Promise<Line> {
  const heard = await everywhere(gateway, request);
  const [first] = heard.map(({ line }) => line);
  // Where bytes are counted, each form has its own, and a map is what JSON calls an object.
  const same = (line: Line): Line =>
    'pos' in line ? { ...line, pos: 0, msg: '' } : { ...line, msg: withoutMiddle(line) };
  for (const { line } of heard) assert.deepEqual(same(line), same(first!));
  return first!;
}

/** A `msg` without the middle of a long one: how much of it has room is different in each form. */
function withoutMiddle({ msg }: Line): string {
  const text = String(msg);
  return text.includes('…') ? `${text.slice(0, 100)}${text.slice(text.indexOf('…'))}` : text;
}

test('a pretty-printed request is one error, the next line is taken', async () => {
  const nc = await Nc.to(gateway.port);
  const request = { id: 7, message: { _cons: 'users.getUsers', id: [{ _cons: 'inputUserSelf' }] } };
  nc.send(`${JSON.stringify(request, null, 2)}\n{"id":8,"options":{}}\n`);
  assert.deepEqual(await nc.lines(2), [
    '{"id":-2,"error":"JSONDecodeError","msg":"a request is one line; this one ends inside an object","pos":1,"retryable":false,"delivered":"no"}',
    '{"id":8,"options":{"int64":"number","flags":"cons"}}',
  ]);
  nc.end();
  assert.deepEqual(await nc.rest(), []);
  // A body may have as many lines as it likes, and each is a request of its own.
  for (const body of [JSON.stringify({ id: 8, options: {} }, null, 2), '{"id":8,', '"options":{}}']) {
    const answer = await post(gateway.httpPort, body);
    assert.equal(answer['id'], body.includes('\n') ? 8 : -2, body);
  }
});

test('a list of requests is told that there is no batch, be it the first line or a later one', async () => {
  const nc = await Nc.to(gateway.port);
  for (let i = 0; i < 2; i++) {
    nc.send('[{"id":1,"options":{}}]\n');
    assert.match(
      await nc.line(),
      /"id":-3,"error":"InvalidRequest","msg":"one request a line, no batch: each is an object"/,
    );
  }
  nc.send('{"id":3,"options":{}}\n');
  assert.match(await nc.line(), /^\{"id":3,"options"/);
  nc.close();
});

test('the id comes back whatever else is wrong', async () => {
  for (const request of [
    { id: 7, mesage: {} },
    { id: 9, timeout: 'soon', message: { _cons: 'help.getConfig' } },
    { id: 11 },
    { id: 'x', message: { _cons: 'x', y: Array.from({ length: 70 }).reduce((inner) => [inner], 1) } },
  ]) {
    assert.equal((await told(request))['id'], request.id);
  }
  const nc = await Nc.to(gateway.port);
  nc.send('{"id":9,"timeout":"30","options":{}}\n');
  assert.match(await nc.line(), /^\{"id":9,"options"/);
  nc.close();
});

test('whole numbers in any form, but none that has lost its digits', async () => {
  const nc = await Nc.to(gateway.port);
  nc.send('{"message":{"_cons":"ping","ping_id":6e9}}\n{"message":{"_cons":"ping","ping_id":20.0}}\n');
  const pings = [await nc.json(), await nc.json()].map(({ message }) => (message as Line)['ping_id']);
  assert.deepEqual(new Set(pings), new Set([6_000_000_000, 20]));
  nc.close();
  for (const port of ['443.0', '4.43e2'])
    assert.equal(
      (await lines(gateway.port, `{"server":{"host":"10.0.0.1","port":${port}}}\n`))[0]!['error'],
      'ServerNotAllowed',
    );
  const [lost] = await lines(gateway.port, '{"message":{"_cons":"ping","ping_id":9.2233720368548e+18}}\n');
  assert.equal(lost!['msg'], 'message.ping_id: digits were lost: send it as text');
});

test('names: what was written comes back, and what was meant', async () => {
  const call = (message: Line): Line => ({ id: 1, message });
  for (const [request, got, meant] of [
    [call({ _cons: 'messages.sendMesage' }), 'messages.sendMesage', 'messages.sendMessage'],
    [call({ _cons: 'sendMessage' }), 'sendMessage', 'messages.sendMessage'],
    [call({ _cons: 'messages.SendMessage' }), 'messages.SendMessage', 'messages.sendMessage'],
    [call({ _cons: 'ping ' }), 'ping ', 'ping'],
    [call({ _: 'ping' }), '_', '_cons'],
    [call({ '@type': 'ping' }), '@type', '_cons'],
    [call({ _cons: 'ping', pingid: 1 }), 'pingid', 'ping_id'],
    [{ id: 1, mesage: {} }, 'mesage', 'message'],
    [{ id: 1, session: { nmae: 'x' } }, 'nmae', 'name'],
    [{ id: 1, server: { prot: 1 } }, 'prot', 'port'],
    [{ id: 1, options: { int46: 'string' } }, 'int46', 'int64'],
    [{ id: 1, options: { init: { api_id: 1, device_modell: 'x' } } }, 'device_modell', 'device_model'],
  ] as const) {
    const line = await told(request);
    assert.deepEqual([line['got'], line['did_you_mean']], [got, meant], JSON.stringify(line));
    assert.ok(String(line['msg']).includes(meant), JSON.stringify(line));
  }
  const type = await told(call({ _cons: 'messages.sendMessage', peer: { _cons: 'InputPeer' } }));
  assert.match(String(type['did_you_mean']), /^inputPeerEmpty, inputPeerSelf, inputPeerChat,/);
});

test('what a method takes, where it is long, ends at a word and with where all of it stands', async () => {
  const line = await told({ id: 1, message: { _cons: 'messages.sendMessage' } });
  assert.match(
    String(line['msg']),
    /^message\.peer: missing, as is message; messages\.sendMessage takes peer:InputPeer .* \w+:\w+(<\w+>)?… `mtproto2json scheme show messages\.sendMessage` shows all it takes$/,
  );
});

test('what is wrong with options.init is said of options.init', async () => {
  const line = await told({ id: 1, options: { init: {} } });
  assert.deepEqual(
    [line['error'], line['path'], String(line['msg']).split(';')[0]],
    ['MissingField', 'options.init.api_id', 'options.init.api_id: missing'],
  );
});
