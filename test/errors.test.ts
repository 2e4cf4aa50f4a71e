/** The table of errors, held against the contract (wire: Errors), name by name. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ERRORS, type ErrorName } from '../src/errors.ts';

/** name, id, closes: as the contract's table has it. */
const CONTRACT: readonly (readonly [names: string, id: string, closes: boolean])[] = [
  ['JSONDecodeError InvalidUTF8', 'line', false],
  ['LineTooLong', 'line', true],
  ['LineTimeout', 'connection', true],
  ['DepthExceeded TooManyElements NumberTooLong DuplicateKey', 'requestOrUnusable', false],
  ['InvalidRequest InvalidId', 'requestOrUnusable', false],
  ['TooManyErrors ProtocolMismatch AuthRequired AuthFailed TooManyConnections', 'connection', true],
  ['TooManySessions RateLimited Overloaded', 'connectionOrRequest', false],
  ['SlowConsumer', 'connection', true],
  ['ServerStopping', 'notice', true],
  ['InvalidServer ServerNotAllowed InvalidSession SessionInUse SessionNotFound', 'request', false],
  [
    'InvalidMessage UnknownConstructor NotAMethod MissingField UnknownField InvalidField MessageTooLarge KeyReused',
    'request',
    false,
  ],
  ['NotConnected ConnectFailed ConnectTimeout HandshakeFailed InvalidDC TransportFlood', 'request', false],
  ['AuthKeyInvalid', 'requestAndNotice', false],
  ['DeliveryUnknown SessionReset DecodeError WorkerCrashed', 'request', false],
  ['SessionLost UpdatesDropped', 'notice', false],
  // Of named sessions; not in the contract's list.
  ['VaultUnavailable VaultRecordBroken ExportNotAllowed', 'request', false],
  ['VaultWriteFailed', 'requestAndNotice', false],
  ['InternalError', 'requestOrUnusable', false],
];

test('the table has the names of the contract, in its order, with their ids and ends', () => {
  const wanted = CONTRACT.flatMap(([names, id, closes]) => names.split(' ').map((name) => ({ name, id, closes })));
  assert.deepEqual(
    Object.entries(ERRORS).map(([name, { id, closes }]) => ({ name, id, closes })),
    wanted,
  );
});

test('what is retryable was not delivered; what the network lost is unknown; fatal is fatal', () => {
  for (const [name, entry] of Object.entries(ERRORS)) if (entry.retryable) assert.equal(entry.delivered, 'no', name);
  const unknown = Object.keys(ERRORS).filter((name) => ERRORS[name as ErrorName].delivered === 'unknown');
  assert.deepEqual(unknown, [
    'SlowConsumer',
    'DeliveryUnknown',
    'SessionReset',
    'WorkerCrashed',
    'SessionLost',
    'UpdatesDropped',
    'InternalError',
  ]);
  assert.deepEqual(
    Object.keys(ERRORS).filter((name) => ERRORS[name as ErrorName].fatal),
    ['AuthKeyInvalid', 'SessionLost'],
  );
  assert.equal(ERRORS.DecodeError.delivered, 'yes');
});

test('a gap is told twice, and says that it is one', () => {
  assert.match(ERRORS.UpdatesDropped.text, /ask for the difference, once even if an updatesTooLong/);
});

test('each text is one short sentence', () => {
  for (const [name, { text }] of Object.entries(ERRORS)) assert.match(text, /^[^.]{10,100}$/, name);
});

test('a refusal that an option or an attribute would have spared names it', () => {
  const helps: [ErrorName, string][] = [
    ['LineTooLong', '--max-line'],
    ['ProtocolMismatch', '--http-port'],
    ['TooManyConnections', '--max-connections'],
    ['ServerNotAllowed', '--allow-server HOST:PORT'],
    ['ExportNotAllowed', '--allow-export'],
    ['VaultUnavailable', '--vault'],
    ['SessionInUse', '"takeover":true'],
  ];
  for (const [name, help] of helps) assert.ok(ERRORS[name].text.includes(help), name);
});
