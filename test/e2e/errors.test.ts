/**
 * Every row of the table of errors made to happen, in every form in which a client can meet it, and every attribute
 * beside it as the table says. A name without a case here does not compile.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { after, before, describe, test, type TestContext } from 'node:test';
import { ERRORS, type ErrorName } from '../../src/errors.ts';
import { DcRpcError } from '../../src/testdc/protocol/rpc-error.ts';
import { makeFaults } from '../../src/testdc/faults/faults.ts';
import { VaultError } from '../../src/vault/vault.ts';
import { echoGateway } from '../support/echo-gateway.ts';
import {
  assertRow,
  errorsOf,
  everywhere,
  frame,
  lines,
  post,
  stage,
  type Heard,
  type Line,
  type Stage,
} from '../support/error-stage.ts';
import { freePort } from '../support/free-port.ts';
import { MemoryStore, MemoryVault } from '../support/memory-vault.ts';
import { packFrame } from '../support/mp.ts';
import { Nc } from '../support/nc.ts';
import { Pair, type PairOptions } from '../support/pair.ts';

type Case = (t: TestContext, plain: Stage) => Promise<Heard[]>;

const CONFIG = { _cons: 'help.getConfig' };
const ASK: Line = { id: 7, message: CONFIG };
const UPDATE = { _cons: 'account.updateProfile', about: 'a' };
const STATUS = { _cons: 'account.updateStatus', offline: true };
const KEY = randomBytes(256).toString('base64');

const onLine = (line: Line | undefined, id: unknown, unlike: Heard['unlike'] = {}): Heard => ({
  by: 'lines',
  line: line!,
  id,
  unlike,
});

/** Broken bytes in three forms; what msgpack makes of it is a frame of its own. */
async function broken({ port, httpPort }: Stage, text: string | Buffer, packed: Buffer, id: unknown): Promise<Heard[]> {
  const [line] = await lines(port, Buffer.concat([Buffer.from(text as string), Buffer.from('\n')]));
  return [
    { by: 'lines', id, line: line! },
    { by: 'msgpack', id, line: await frame(port, framed(packed)) },
    { by: 'http', id, line: await post(httpPort, text) },
  ];
}

function framed(packed: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(packed.length);
  return Buffer.concat([head, packed]);
}

/** Requests that are wrong in themselves, one after the other. */
const asked =
  (...requests: readonly Line[]): Case =>
  async (_t, plain) => {
    const heard: Heard[] = [];
    for (const request of requests) heard.push(...(await everywhere(plain, { id: 7, ...request })));
    return heard;
  };

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}

/** A signed-in client whose session stands, before a data centre with faults; no socket, and a clock that is ours. */
async function pairReady(faults: string, options: PairOptions = {}): Promise<Pair> {
  const pair = new Pair(options);
  pair.dc.on('key', (key) => {
    if (!key.isTemporary) pair.dc.world.signIn(key, pair.dc.world.addPerson({ firstName: 'Trial' }).id);
  });
  pair.open(1);
  await pair.ask(1, { message: STATUS });
  makeFaults(pair.dc, faults);
  return pair;
}

const named = (heard: readonly Line[], error: ErrorName): Line | undefined =>
  heard.find((line) => line['error'] === error);

/** Hands a session in that no data centre has heard of. */
const strange = (name?: string): Line => ({ auth_key: KEY, session_id: 5, ...(name !== undefined && { name }) });

const CASES: { readonly [Name in ErrorName]: Case } = {
  JSONDecodeError: (_t, plain) => broken(plain, "{'id':7}", Buffer.from('c1', 'hex'), -2),
  InvalidUTF8: (_t, plain) =>
    broken(plain, Buffer.from('{"id":"\xff"}', 'latin1'), Buffer.from('81a26964a1ff', 'hex'), -2),
  LineTooLong: async (t) => {
    const small = await stage(t, { flags: { maxLine: 1024 } });
    return await everywhere(small, { ...ASK, x: 'y'.repeat(2000) }, -2);
  },
  LineTimeout: async (t) => {
    const { port } = await stage(t, { limits: { lineTimeout: 100 } });
    return [
      onLine((await lines(port, '{"id":7'))[0], -1),
      { by: 'msgpack', id: -1, line: await frame(port, Buffer.from('0000', 'hex')) },
    ];
  },
  DepthExceeded: asked({ message: { _cons: 'x', y: nested(70) } }),
  TooManyElements: asked({ message: { _cons: 'x', y: Array.from({ length: 200_001 }, () => 1) } }),
  NumberTooLong: async (_t, { port, httpPort }) => {
    // msgpack has no number of so many digits.
    const text = `{"message":{"_cons":"ping","ping_id":${'1'.repeat(41)}},"id":7}`;
    return [onLine((await lines(port, `${text}\n`))[0], 7), { by: 'http', id: 7, line: await post(httpPort, text) }];
  },
  DuplicateKey: (_t, plain) =>
    broken(
      plain,
      '{"id":7,"message":{"a":1,"a":2}}',
      Buffer.concat([packFrame({ id: 7, message: 1 }).subarray(4, -1), Buffer.from('82a16101a16102', 'hex')]),
      7,
    ),
  InvalidRequest: async (t, plain) => [
    ...(await asked({}, { mesage: {} }, { message: CONFIG, timeout: 'soon' })(t, plain)),
    ...(await everywhere(plain, { mesage: {} }, -3)),
    onLine((await lines(plain.port, '[{"id":7}]\n'))[0], -3),
  ],
  InvalidId: (_t, plain) => everywhere(plain, { id: -7, message: CONFIG }, -3),
  TooManyErrors: async (t) => {
    const { port } = await stage(t, { limits: { badLines: 3 } });
    return [onLine(named(await lines(port, '{bad}\n'.repeat(3), 4), 'TooManyErrors'), -1)];
  },
  ProtocolMismatch: async (_t, { port, httpPort }) => [
    onLine((await lines(port, 'PRI * HTTP/2.0\r\n\r\n'))[0], -1),
    { by: 'http', id: -1, line: await post(httpPort, '{}', { 'Content-Type': 'text/plain' }) },
  ],
  AuthRequired: async (t) => await everywhere(await stage(t, { tokens: 'right\n' }), ASK, -1),
  AuthFailed: async (t) => {
    const guarded = await stage(t, { tokens: 'right\n' });
    return [
      onLine((await lines(guarded.port, '{"auth":"wrong"}\n'))[0], -1),
      { by: 'msgpack', id: -1, line: await frame(guarded.port, { auth: 'wrong' }) },
      { by: 'http', id: -1, line: await post(guarded.httpPort, '{}', { Authorization: 'Bearer wrong' }) },
    ];
  },
  TooManyConnections: async (t) => {
    const full = await stage(t, { flags: { maxConnections: 1 } });
    const first = await Nc.to(full.port);
    first.send('{"id":1,"options":{}}\n');
    await first.line();
    const heard = await everywhere(full, ASK, -1);
    first.close();
    return heard;
  },
  TooManySessions: async () => {
    const pair = new Pair({ keys: 1 });
    for (const client of [1, 2]) pair.open(client);
    await pair.ask(1, { id: 1, session: strange() });
    const other = { ...strange(), auth_key: randomBytes(256).toString('base64') };
    return [onLine((await pair.ask(2, { id: 7, session: other }))[0], 7)];
  },
  RateLimited: async (t) => {
    const guarded = await stage(t, { tokens: 'right\n', limits: { tokenFailures: 1 } });
    const wrong = { Authorization: 'Bearer wrong' };
    await post(guarded.httpPort, '{}', wrong);
    const rushed = await stage(t, { limits: { limitsLoopback: true, acceptsPerSecond: 1 } });
    (await Nc.to(rushed.port)).close();
    return [
      onLine((await lines(guarded.port, '{"auth":"wrong"}\n'))[0], -1),
      { by: 'http', id: -1, line: await post(guarded.httpPort, '{}', wrong) },
      onLine((await lines(rushed.port, '{"id":7}\n'))[0], -1),
    ];
  },
  Overloaded: async (t) => {
    const pair = await pairReady('request.delay ms=60000');
    for (let i = 0; i <= 1024; i++) pair.line(1, { id: 7, message: STATUS });
    await pair.run();
    const poor = await stage(t, { limits: { memory: 1, memoryEvery: 500 } });
    const nc = await Nc.to(poor.port);
    let heard: Line = {};
    while (heard['error'] !== 'Overloaded') {
      nc.send('{"id":7,"options":{}}\n');
      heard = await nc.json();
    }
    nc.close();
    return [onLine(named(pair.take(1), 'Overloaded'), 7), onLine(heard, 7)];
  },
  SlowConsumer: async (t) => {
    const { port, gateway } = await echoGateway(t, { unreadMark: 64 * 1024, unreadTimeout: 100 });
    const counted = gateway.metrics.ended.bind(gateway.metrics);
    const isCut = new Promise<void>((cut) => {
      gateway.metrics.ended = (outcome) => {
        counted(outcome);
        if (outcome === 'SlowConsumer') cut();
      };
    });
    const socket = connect(port, '127.0.0.1');
    socket.pause();
    socket.write('{big 16000000}\n');
    // Its last line is there for who reads on at once; others only find the connection gone.
    let last = '';
    socket.on('data', (chunk) => (last = last.slice(-1000) + chunk.toString().slice(-1000)));
    socket.pause();
    await isCut;
    socket.resume();
    await once(socket, 'close');
    return [onLine(JSON.parse(last.slice(last.lastIndexOf('{"id":-1'))) as Line, -1)];
  },
  ServerStopping: async (t) => {
    const ending = await stage(t);
    const nc = await Nc.to(ending.port);
    nc.send('{"id":1,"options":{}}\n');
    await nc.line();
    void ending.gateway.drain(0);
    return [onLine(await nc.json(), 0)];
  },
  InvalidServer: asked({ server: { host: 5 } }, { server: { hots: 'x' } }, { server: { host: '127.0.0.1' } }),
  ServerNotAllowed: asked({ server: { host: '127.0.0.1', port: 9 } }),
  InvalidSession: asked({ session: { dc: 0 } }, { session: { nmae: 'x' } }, { session: { session_id: 1 } }),
  SessionInUse: async (t) => {
    const shared = await stage(t, { vault: new MemoryVault() });
    const nc = await Nc.to(shared.port);
    nc.send(`${JSON.stringify({ session: strange('me') })}\n`);
    await nc.line();
    nc.send(`${JSON.stringify({ session: { name: 'me', exclusive: true } })}\n`);
    await nc.line();
    const heard = [
      ...(await everywhere(shared, { id: 7, session: { name: 'me' } })),
      onLine((await lines(shared.port, `${JSON.stringify({ id: 7, session: strange() })}\n`))[0], 7),
    ];
    nc.close();
    return heard;
  },
  SessionNotFound: async (t) =>
    await asked({ session: {} }, { session: { forget: 'nobody' } })(t, await stage(t, { vault: new MemoryVault() })),
  InvalidMessage: asked({ message: 'x' }),
  UnknownConstructor: asked({ message: { _cons: 'messages.sendMesage' } }, { message: { _cons: 'nothing.like.it' } }),
  NotAMethod: asked({ message: { _cons: 'user' } }, { message: { _cons: 'msgs_ack' } }),
  MissingField: asked({ message: { _cons: 'ping' } }, { message: { '@type': 'ping' } }, { options: { init: {} } }),
  UnknownField: asked(
    { message: { _cons: 'ping', pnig_id: 1 } },
    { message: { ...CONFIG, x: 1 } },
    { options: { init: { api_id: 1, device_modell: 'x' } } },
  ),
  InvalidField: asked(
    { message: { _cons: 'ping', ping_id: true } },
    { message: { _cons: 'messages.getPeerSettings', peer: { _cons: 'inputUserSelf' } } },
    { message: { ...CONFIG, _seqno: -1 } },
  ),
  MessageTooLarge: async (_t, { port, httpPort }) => {
    const message = { _cons: 'auth.importBotAuthorization', flags: 0, api_id: 1, api_hash: 'x'.repeat(1_050_000) };
    const request = { id: 7, message: { ...message, bot_auth_token: 'x' } };
    return await everywhere({ port, httpPort } as Stage, request);
  },
  KeyReused: async (t) => {
    const kept = await stage(t, { vault: new MemoryVault() });
    const [name, key] = ['me', 'order-17'];
    const nc = await Nc.to(kept.port);
    nc.send(`${JSON.stringify({ session: { name }, key, message: CONFIG })}\n`);
    await nc.line();
    return await everywhere(kept, { id: 7, as: name, key, message: { _cons: 'help.getNearestDc' } });
  },
  NotConnected: async (t) => await everywhere(await stage(t, { faults: 'connect.silent' }), { ...ASK, timeout: 0.2 }),
  ConnectFailed: async (t) => await everywhere(await stage(t, { flags: { dcPort: await freePort() } }), ASK),
  ConnectTimeout: async (t) => {
    // A proxy that takes the connection and never says whether it reached the far end.
    const mute = createServer();
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    t.after(() => void mute.close());
    const proxy = `socks5://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    return await everywhere(await stage(t, { flags: { proxy }, limits: { connectTimeout: 100 } }), ASK);
  },
  HandshakeFailed: async (t) =>
    // Whoever got a wrong answer once will get it again.
    (await everywhere(await stage(t, { faults: 'exchange.hash' }), ASK)).map((one) => ({
      ...one,
      unlike: { retryable: false },
    })),
  InvalidDC: async (t) => await everywhere(await stage(t, { faults: 'transport.444' }), ASK),
  TransportFlood: async (t) => await everywhere(await stage(t, { faults: 'transport.429' }), ASK),
  AuthKeyInvalid: async (t) => {
    const shared = await stage(t, { vault: new MemoryVault() });
    const request = `${JSON.stringify({ id: 7, session: strange('lost'), message: CONFIG })}\n`;
    const heard = await lines(shared.port, request, 2);
    const again = await everywhere(shared, { id: 7, session: { name: 'lost' } });
    return [
      onLine(
        heard.find((line) => line['id'] === 7),
        7,
        { delivered: 'unknown' },
      ),
      onLine(
        heard.find((line) => line['id'] === 0),
        0,
      ),
      ...again,
    ];
  },
  DeliveryUnknown: async () => {
    const pair = await pairReady('packet.replay-up count=1\nrequest.delay method=account.updateProfile ms=500');
    pair.line(1, { id: 7, message: UPDATE });
    pair.line(1, { id: 8, message: STATUS });
    await pair.advance(2_000);
    return [onLine(named(pair.take(1), 'DeliveryUnknown'), 7)];
  },
  SessionReset: async () => {
    const pair = await pairReady('request.delay method=account.updateProfile ms=500\nsession.forget after=1 count=1');
    pair.line(1, { id: 7, message: UPDATE });
    await pair.run();
    pair.line(1, { id: 8, message: STATUS });
    await pair.advance(2_000);
    return [onLine(named(pair.take(1), 'SessionReset'), 7)];
  },
  DecodeError: async (t) => {
    const cut = await everywhere(await stage(t, { faults: 'answer.truncated method=help.getConfig' }), ASK);
    // A pong where a Bool should stand: its number is told.
    const pair = await pairReady('');
    pair.dc.taps.answer = () => Buffer.from('c573773400000000000000000000000000000000', 'hex');
    return [...cut, onLine((await pair.ask(1, { id: 7, message: STATUS }))[0], 7)];
  },
  WorkerCrashed: async (t) => {
    const { port } = await echoGateway(t, { carefulFor: 5_000 });
    return [onLine((await lines(port, '{exit "id":7}\n'))[0], 7, { delivered: 'no' })];
  },
  SessionLost: async (t) => {
    const shared = await stage(t, { vault: new MemoryVault() });
    const nc = await Nc.to(shared.port);
    nc.send(`${JSON.stringify({ session: strange('me') })}\n`);
    await nc.line();
    const other = await Nc.to(shared.port);
    other.send('{"session":{"name":"me","exclusive":true,"takeover":true}}\n');
    const line = await nc.json();
    nc.close();
    other.close();
    const pair = await pairReady('');
    pair.dc.onRequest = () => new DcRpcError(401, 'SESSION_REVOKED');
    return [onLine(line, 0), onLine(named(await pair.ask(1, { id: 7, message: STATUS }), 'SessionLost'), 0)];
  },
  UpdatesDropped: async () => {
    const pair = await pairReady('session.forget count=1');
    pair.line(1, { id: 7, message: STATUS });
    await pair.advance(5_000);
    return [onLine(named(pair.take(1), 'UpdatesDropped'), 0)];
  },
  VaultUnavailable: async (t, plain) => {
    const shut = await stage(t, { vault: new VaultError('VaultClosed', 'not ours', 'EACCES') });
    return [
      ...(await asked({ session: { name: 'me' } }, { session: { list: true } })(t, plain)),
      ...(await everywhere(shut, { id: 7, session: { name: 'me' } })),
    ];
  },
  VaultRecordBroken: async (t) => {
    const store = new MemoryStore();
    store.broken.add('me');
    return await everywhere(await stage(t, { vault: new MemoryVault(store) }), { id: 7, session: { name: 'me' } });
  },
  ExportNotAllowed: async (t) =>
    await everywhere(await stage(t, { vault: new MemoryVault() }), { id: 7, session: { name: 'me', export: true } }),
  VaultWriteFailed: async (t) => {
    const vault = new MemoryVault();
    const full = await stage(t, { vault });
    vault.failure = new VaultError('VaultWriteFailed', 'no room', 'ENOSPC');
    const text = JSON.stringify({ id: 7, session: strange('me') });
    return [
      onLine((await lines(full.port, `${text}\n`))[0], 7),
      { by: 'http', id: 7, line: await post(full.httpPort, text) },
    ];
  },
  InternalError: async () => {
    let isArmed = false;
    const listed = [2, 4].map((id) => ({ id, host: '127.0.0.1', port: 440 + id, test: false }));
    const find: typeof listed.find = (is: (one: (typeof listed)[0], i: number, all: typeof listed) => unknown) => {
      if (isArmed) throw new Error('a bug');
      return [...listed].find(is);
    };
    const dataCentres = Object.assign([...listed], { find });
    const pair = new Pair({ session: { sendTracebacks: true, dataCentres } });
    pair.open(1);
    await pair.run();
    isArmed = true;
    const heard = errorsOf(await pair.ask(1, { id: 7, server: { host: '127.0.0.1', port: 1 } }));
    return [onLine(heard[0], 7, { delivered: 'no' }), onLine(heard[1], 0)];
  },
};

describe('the table of errors', () => {
  const ends: (() => Promise<void>)[] = [];
  let plain: Stage;

  before(async () => {
    plain = await stage({ after: (end) => void ends.push(end) });
  });

  after(async () => {
    for (const end of ends) await end();
  });

  for (const [name, run] of Object.entries(CASES) as [ErrorName, Case][])
    test(name, { timeout: 30_000 }, async (t) => {
      const heard = await run(t, plain);
      const seen = new Set(heard.flatMap((one) => assertRow(name, one)));
      assert.deepEqual([...seen].toSorted(), ERRORS[name].sometimes.toSorted(), 'what it sometimes has');
    });

  test('every name has its case', () => {
    assert.deepEqual(Object.keys(CASES), Object.keys(ERRORS));
  });
});
