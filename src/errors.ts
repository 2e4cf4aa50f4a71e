/**
 * Errors: the one table of what the gateway refuses or reports by itself (wire.md 5).
 * In: a name. Out: default text, whose fault it is, which id it carries, what follows. Never: builds a line; the
 * dialects and fronts do, each in its own form. Imports nothing.
 */

/** Which `id` the line carries: the request's; -1 connection; -2 broken line; -3 no usable request; 0 notice. */
export type IdRule =
  | 'request'
  | 'requestOrUnusable'
  | 'connection'
  | 'line'
  | 'unusable'
  | 'notice'
  | 'connectionOrRequest'
  | 'requestAndNotice';

/** Who could have prevented it. */
export type Fault = 'client' | 'gateway' | 'telegram' | 'network' | 'load';

/** Whether Telegram may have executed the request (wire.md 3). */
export type Delivered = 'no' | 'yes' | 'unknown';

export interface ErrorEntry {
  readonly fault: Fault;
  readonly id: IdRule;
  /** The connection ends after this line. */
  readonly closes: boolean;
  /** The same line may be sent again without harm and with hope. */
  readonly retryable: boolean;
  readonly delivered: Delivered;
  /** The session is lost. */
  readonly fatal: boolean;
  /** What else the line may carry beside `id`, `error`, `msg` and the four above. */
  readonly fields: readonly string[];
  /** `msg` when the place of the error has nothing better: one sentence, no secrets. */
  readonly text: string;
}

type Row = Partial<ErrorEntry> & Pick<ErrorEntry, 'text'>;

/** Most refusals: the client's fault, nothing left, the connection stays. */
const REFUSAL: Omit<ErrorEntry, 'text'> = {
  fault: 'client',
  id: 'request',
  closes: false,
  retryable: false,
  delivered: 'no',
  fatal: false,
  fields: [],
};

/** Fills a group's rows with what its members share. */
function group<Name extends string>(shared: Partial<ErrorEntry>, rows: Record<Name, Row>): Record<Name, ErrorEntry> {
  const entries = Object.entries<Row>(rows).map(([name, row]) => [name, { ...REFUSAL, ...shared, ...row }]);
  return Object.fromEntries(entries) as Record<Name, ErrorEntry>;
}

export const ERRORS = Object.freeze({
  ...group(
    { id: 'line' },
    {
      JSONDecodeError: { text: 'the line is not valid JSON', fields: ['pos'] },
      InvalidUTF8: { text: 'the line is not valid UTF-8', fields: ['pos'] },
      LineTooLong: { text: 'the line is longer than this gateway takes', closes: true, fields: ['limit'] },
    },
  ),
  ...group(
    { id: 'connection', closes: true },
    { LineTimeout: { text: 'a line that was begun did not end in time', fields: ['limit'] } },
  ),
  ...group(
    { id: 'requestOrUnusable', fields: ['limit', 'pos'] },
    {
      DepthExceeded: { text: 'the request is nested too deeply' },
      TooManyElements: { text: 'the request has too many elements' },
      NumberTooLong: { text: 'a number has too many digits' },
      DuplicateKey: { text: 'an attribute stands twice in one object', fields: ['path', 'pos'] },
    },
  ),
  ...group(
    { id: 'unusable' },
    {
      InvalidRequest: { text: 'the line is not a usable request', fields: ['path', 'got'] },
      InvalidId: { text: 'id must be an integer of 1 or more, or a string of at most 128 bytes', fields: ['got'] },
    },
  ),
  ...group(
    { id: 'connection', closes: true },
    {
      TooManyErrors: { text: 'too many unreadable lines in a row', fields: ['limit'] },
      ProtocolMismatch: { text: 'this port speaks one JSON object a line', fields: ['got'] },
      AuthRequired: { text: 'the first line must be {"auth":"<token>"}' },
      AuthFailed: { text: 'the token is not known here' },
      TooManyConnections: {
        text: 'all connections are taken',
        fault: 'load',
        retryable: true,
        fields: ['limit', 'retry_after'],
      },
    },
  ),
  ...group(
    { id: 'connectionOrRequest', fault: 'load', retryable: true, fields: ['limit', 'retry_after'] },
    {
      TooManySessions: { text: 'all sessions are taken' },
      RateLimited: { text: 'too many requests from there' },
      Overloaded: { text: 'the gateway has no room for this now' },
    },
  ),
  ...group(
    { id: 'connection', closes: true, delivered: 'unknown' },
    { SlowConsumer: { text: 'answers were left unread for too long', fields: ['limit'] } },
  ),
  ...group(
    { id: 'notice', closes: true, fault: 'gateway', retryable: true },
    { ServerStopping: { text: 'the gateway is stopping', fields: ['retry_after'] } },
  ),
  ...group(
    {},
    {
      InvalidServer: { text: 'server is not a usable address', fields: ['path', 'got'] },
      ServerNotAllowed: { text: 'this gateway does not connect there' },
      InvalidSession: { text: 'session is not usable', fields: ['path', 'got'] },
      SessionInUse: { text: 'another connection has this session open' },
      SessionNotFound: { text: 'there is no session yet' },
      InvalidMessage: { text: 'message is not usable', fields: ['path', 'got'] },
      UnknownConstructor: { text: 'the scheme has no such constructor', fields: ['path', 'got'] },
      NotAMethod: { text: 'this is not a function a client may call', fields: ['path', 'got'] },
      MissingField: { text: 'a required field is missing', fields: ['path'] },
      UnknownField: { text: 'the constructor has no such field', fields: ['path'] },
      InvalidField: { text: 'a field has an unusable value', fields: ['path', 'got'] },
      MessageTooLarge: { text: 'the message is larger than a data centre takes', fields: ['limit', 'got'] },
    },
  ),
  ...group(
    { fault: 'network', retryable: true, fields: ['reason', 'retry_after'] },
    {
      NotConnected: { text: 'there is no connection to the data centre' },
      ConnectFailed: { text: 'the data centre could not be reached' },
      ConnectTimeout: { text: 'the data centre did not take the connection in time' },
      HandshakeFailed: { text: 'no key could be agreed on with the data centre' },
      InvalidDC: { text: 'the server does not know this data centre', fault: 'client', retryable: false },
      TransportFlood: { text: 'the data centre refuses connections for now', fault: 'telegram' },
    },
  ),
  ...group(
    { id: 'requestAndNotice', fault: 'telegram', fatal: true },
    { AuthKeyInvalid: { text: 'the data centre no longer knows this key', fields: ['reason'] } },
  ),
  ...group(
    { fault: 'network', delivered: 'unknown' },
    {
      DeliveryUnknown: { text: 'the request was sent, and the connection was lost before its answer' },
      SessionReset: { text: 'the server forgot the session before it answered', fault: 'telegram' },
    },
  ),
  ...group(
    { fault: 'gateway' },
    {
      DecodeError: { text: 'the answer could not be read', delivered: 'yes', fields: ['crc'] },
      WorkerCrashed: { text: 'the worker of this session was lost', delivered: 'unknown' },
    },
  ),
  ...group(
    { id: 'notice', delivered: 'unknown' },
    {
      SessionLost: { text: 'the session is lost', fault: 'telegram', fatal: true, fields: ['reason'] },
      UpdatesDropped: { text: 'updates were lost; ask for the difference', fault: 'load' },
    },
  ),
  ...group(
    {},
    {
      VaultUnavailable: { text: 'this gateway keeps no sessions by name', fields: ['reason'] },
      VaultRecordBroken: { text: 'what is kept under this name cannot be read', fault: 'gateway' },
      ExportNotAllowed: { text: 'this gateway does not show the keys of the sessions it keeps' },
    },
  ),
  ...group(
    { id: 'requestAndNotice', fault: 'gateway', retryable: true, fields: ['reason'] },
    { VaultWriteFailed: { text: 'the session goes on, but it could not be kept; what was kept before still is' } },
  ),
  ...group(
    { id: 'requestOrUnusable', fault: 'gateway', delivered: 'unknown', fields: ['ref', 'reason'] },
    { InternalError: { text: 'a fault of the gateway; ref finds it in the log' } },
  ),
} satisfies Record<string, ErrorEntry>);

export type ErrorName = keyof typeof ERRORS;

/** How a request ends: a result, Telegram's refusal, silence, or an error of the table. Crosses threads as its place in this list. */
export const OUTCOMES: readonly string[] = Object.freeze([
  'result',
  'rpc_error',
  'rpc_timeout',
  ...Object.keys(ERRORS),
]);
