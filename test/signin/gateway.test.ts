/** The connection to a gateway: lines in any cut, and every way it can end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { GatewayConnection } from '../../src/signin/gateway.ts';
import { SigninFailed } from '../../src/signin/steps.ts';

type Asked = Record<string, unknown> & { id: number };

/** A gateway that answers as a test likes. */
async function fake(t: TestContext, answer: (socket: Socket, line: Asked) => unknown): Promise<GatewayConnection> {
  const server: Server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    createInterface({ input: socket }).on('line', (line) => answer(socket, JSON.parse(line) as Asked));
    t.after(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const gateway = await GatewayConnection.open({ host: '127.0.0.1', port, token: undefined });
  t.after(() => {
    gateway.close();
    server.close();
  });
  return gateway;
}

const NEVER = new AbortController().signal;
const CALL = { _cons: 'help.getConfig' };

function fails(promise: Promise<unknown>, reason: string, sentence: RegExp): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(error instanceof SigninFailed);
    assert.equal(error.reason, reason);
    assert.match(error.message, sentence);
    return true;
  });
}

test('an answer cut at every byte, with updates before and behind it', async (t) => {
  let pieces: Buffer[] = [];
  let written = Promise.resolve();
  const gateway = await fake(t, (socket) => {
    for (const piece of pieces)
      written = written.then(() => new Promise((done) => socket.write(piece, () => setImmediate(done))));
  });
  const lines = (id: number): Buffer =>
    Buffer.from(
      `\n{"id":0,"message":{"_cons":"updateShort","update":{"_cons":"updateA"}}}\n` +
        `{"id":${id},"message":{"_cons":"x","text":"Grüße 🏠"}}\r\n{"id":0,"error":"UpdatesDropped","msg":"gap"}\n`,
    );
  for (let cut = 0; cut < lines(2).length; cut++) {
    const bytes = lines(2 + cut);
    pieces = [bytes.subarray(0, cut), bytes.subarray(cut, cut + 1), bytes.subarray(cut + 1)];
    assert.deepEqual(await gateway.call(CALL), { result: { _cons: 'x', text: 'Grüße 🏠' } });
  }
  assert.equal(await gateway.update('updateA', 1, NEVER), true);
});

test('refusals of Telegram’s and silence of its', async (t) => {
  const answers = [
    '"message":{"_cons":"rpc_error","error_code":420,"error_message":"FLOOD_WAIT_31"},"retryable":true,"retry_after":31',
    '"message":{"_cons":"rpc_timeout","error_message":"no response from telegram"},"retryable":false',
    '"message":true',
  ];
  const gateway = await fake(t, (socket, { id }) => socket.write(`{"id":${id},${answers.shift()}}\n`));
  assert.deepEqual(await gateway.call(CALL), { refusal: { code: 420, text: 'FLOOD_WAIT_31', seconds: 31 } });
  await fails(gateway.call(CALL), 'TIMEOUT', /did not answer in time/);
  assert.deepEqual(await gateway.call(CALL), { result: true });
});

test('updates are waited for: one in a list, one in time, one too late, none after a signal', async (t) => {
  const update =
    '{"id":0,"message":{"_cons":"updates","updates":[{"_cons":"updateX"},{"_cons":"updateLoginToken"}]}}\n';
  const gateway = await fake(t, (socket, { id }) => socket.write(`{"id":${id},"message":true}\n${update}`));
  const waiting = gateway.update('updateLoginToken', 10, NEVER);
  await gateway.call(CALL);
  assert.equal(await waiting, true);
  assert.equal(await gateway.update('updateLoginToken', 0.01, NEVER), false);
  const interrupt = new AbortController();
  const interrupted = gateway.update('updateLoginToken', 10, interrupt.signal);
  interrupt.abort();
  assert.equal(await interrupted, false);
});

test('the end of a connection is a sentence for all that wait', async (t) => {
  const notice = '"msg":"it said so","closing":true}\n';
  for (const [said, reason, sentence] of [
    [`{"id":0,"error":"ServerStopping",${notice}`, 'ServerStopping', /is stopping/],
    [`{"id":0,"error":"SessionLost","fatal":true,${notice}`, 'SessionLost', /The gateway says: it said so/],
    [`{"id":-1,"error":"TooManyConnections","retry_after":3,${notice}`, 'TooManyConnections', /it said so/],
    ['<html>\n', 'NO_GATEWAY', /What answers at 127\.0\.0\.1:\d+ is no gateway/],
    ['"text"\n', 'NO_GATEWAY', /is no gateway/],
    ['', 'GATEWAY_LOST', /was lost/],
  ] as const) {
    const gateway = await fake(t, (socket) => socket.writableEnded || socket.end(said));
    const update = gateway.update('updateLoginToken', 10, NEVER);
    const [call, other] = [gateway.call(CALL), gateway.ask({ session: {} })];
    for (const promise of [call, other, update]) await fails(promise, reason, sentence);
    await fails(gateway.call(CALL), reason, sentence);
  }
});

const SHUT = '"error":"VaultUnavailable","msg":"the vault is shut","reason":"EACCES"';

test('a refusal of the gateway’s is a sentence of its own, and the connection goes on', async (t) => {
  const refusals = ['"error":"VaultUnavailable","msg":"m"', '"error":"InvalidField","msg":"m"', SHUT];
  const gateway = await fake(t, (socket, { id }) =>
    socket.write(`{"id":${id},${refusals.shift() ?? '"session":{}'}}\n`),
  );
  await fails(
    gateway.ask({ session: { name: 'x' } }),
    'VaultUnavailable',
    /has no vault, so it cannot store a session by name; leave --save out/,
  );
  await fails(gateway.call(CALL), 'InvalidField', /The gateway says: m \(InvalidField\)/);
  await fails(gateway.call(CALL), 'VaultUnavailable', /The gateway says: the vault is shut \(VaultUnavailable\)/);
  assert.deepEqual((await gateway.ask({ id: 1, session: {} })).text, '{"id":1,"session":{}}');
});
