/**
 * Errors: the one table of what the gateway refuses or reports by itself (wire: Errors).
 * In: a name. Out: default text, whose fault it is, which id it carries, what follows. Never: builds a line; the
 * dialects and fronts do, each in its own form.
 */

/** The ids of lines that answer no request (wire: Errors). */
export const NoRequestId = Object.freeze({ NOTICE: 0, CONNECTION: -1, LINE: -2, UNUSABLE: -3 });

/** Which `id` the line carries: the request's, or one of `NoRequestId`. */
export type IdRule =
  | 'request'
  | 'requestOrUnusable'
  | 'connection'
  | 'line'
  | 'notice'
  | 'connectionOrRequest'
  | 'requestAndNotice';

/** Who could have prevented it. */
export type Fault = 'client' | 'gateway' | 'telegram' | 'network' | 'load';

/** Whether Telegram may have executed the request (wire: Requests and answers). */
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
  /** What else the line carries beside `id`, `error`, `msg` and the four above. */
  readonly fields: readonly string[];
  /** What it carries where there is something to say. */
  readonly sometimes: readonly string[];
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
  sometimes: [],
};

/** Where the fault is, and what stands there. */
const PLACE = ['path', 'got'];
/** Where a name may be at fault. */
const NAMING = ['got', 'did_you_mean'];

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
      LineTooLong: {
        text: 'the line is longer than this gateway takes; --max-line allows more',
        closes: true,
        fields: ['limit'],
      },
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
      DuplicateKey: { text: 'an attribute stands twice in one object', fields: ['key', 'path', 'pos'] },
    },
  ),
  ...group(
    { id: 'requestOrUnusable' },
    {
      InvalidRequest: { text: 'the line is not a usable request', sometimes: ['path', 'got', 'did_you_mean'] },
      InvalidId: {
        text: 'id must be an integer of 1 or more, or a string of at most 128 bytes',
        fields: ['path', 'got'],
      },
    },
  ),
  ...group(
    { id: 'connection', closes: true },
    {
      TooManyErrors: { text: 'too many unreadable lines in a row', fields: ['limit'] },
      ProtocolMismatch: { text: 'this port speaks one JSON object a line; --http-port opens one for HTTP' },
      AuthRequired: { text: 'a token is needed: the first line is {"auth":"<token>"}' },
      AuthFailed: { text: 'the token is not known here' },
      TooManyConnections: {
        text: 'all connections are taken; --max-connections allows more',
        fault: 'load',
        retryable: true,
        fields: ['limit', 'retry_after'],
      },
    },
  ),
  ...group(
    { id: 'connectionOrRequest', fault: 'load', retryable: true, fields: ['retry_after'] },
    {
      TooManySessions: { text: 'this gateway has as many keys in use as it can' },
      RateLimited: { text: 'too many requests from there', fields: ['limit', 'retry_after'], sometimes: ['closing'] },
      Overloaded: { text: 'the gateway has no room for this now', sometimes: ['limit'] },
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
      InvalidServer: { text: 'server is not a usable address', fields: ['path'], sometimes: NAMING },
      ServerNotAllowed: { text: 'this gateway does not connect there; --allow-server HOST:PORT allows it' },
      InvalidSession: { text: 'session is not usable', fields: ['path'], sometimes: NAMING },
      SessionInUse: {
        text: 'another connection has this session open; "takeover":true takes it over',
        retryable: true,
        fields: ['path'],
      },
      SessionNotFound: { text: 'there is no session yet; the first message begins one', sometimes: ['path'] },
      InvalidMessage: { text: 'message is not usable', fields: PLACE },
      UnknownConstructor: { text: 'the scheme has no such constructor', fields: PLACE, sometimes: ['did_you_mean'] },
      NotAMethod: { text: 'this is not a function a client may call', fields: PLACE },
      MissingField: {
        text: 'a required field is missing; msg names all that are, and what the constructor takes',
        fields: ['path'],
        sometimes: NAMING,
      },
      UnknownField: { text: 'the constructor has no such field', fields: PLACE, sometimes: ['did_you_mean'] },
      InvalidField: { text: 'a field has an unusable value', fields: PLACE, sometimes: ['did_you_mean'] },
      MessageTooLarge: { text: 'the message is larger than a data centre takes', fields: [...PLACE, 'limit'] },
    },
  ),
  ...group(
    { fault: 'network', retryable: true },
    {
      NotConnected: { text: 'there is no connection to the data centre', fields: ['reason'] },
      ConnectFailed: { text: 'the data centre could not be reached', fields: ['reason'] },
      ConnectTimeout: { text: 'the data centre did not take the connection in time', fields: ['reason'] },
      HandshakeFailed: { text: 'no key could be agreed on with the data centre', fields: ['reason'] },
      InvalidDC: { text: 'the server does not know this data centre', fault: 'client', retryable: false },
      TransportFlood: {
        text: 'the data centre refuses connections for now',
        fault: 'telegram',
        fields: ['retry_after'],
      },
    },
  ),
  ...group(
    { id: 'requestAndNotice', fault: 'telegram', fatal: true },
    { AuthKeyInvalid: { text: 'the data centre no longer knows this key', sometimes: ['reason'] } },
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
      DecodeError: { text: 'the answer could not be read', delivered: 'yes', sometimes: ['crc'] },
      WorkerCrashed: { text: 'the worker of this session was lost', delivered: 'unknown' },
    },
  ),
  ...group(
    { id: 'notice', delivered: 'unknown' },
    {
      SessionLost: { text: 'the session is lost', fault: 'telegram', fatal: true, fields: ['reason'] },
      UpdatesDropped: {
        text: 'updates may be missing: ask for the difference, once for this and an updatesTooLong beside it',
        fault: 'load',
      },
    },
  ),
  ...group(
    { fields: ['path'] },
    {
      VaultUnavailable: {
        text: 'this gateway keeps no sessions by name; --vault names a folder for them',
        sometimes: ['reason'],
      },
      VaultRecordBroken: { text: 'what is kept under this name cannot be read', fault: 'gateway' },
      ExportNotAllowed: { text: 'the keys of kept sessions are not shown here; --allow-export shows them' },
    },
  ),
  ...group(
    { id: 'requestAndNotice', fault: 'gateway', retryable: true, sometimes: ['path', 'reason'] },
    { VaultWriteFailed: { text: 'the session goes on, but it could not be kept; what was kept before still is' } },
  ),
  ...group(
    { id: 'requestOrUnusable', fault: 'gateway', delivered: 'unknown', fields: ['ref'], sometimes: ['reason'] },
    { InternalError: { text: 'a fault of the gateway; ref finds it in the log' } },
  ),
} satisfies Record<string, ErrorEntry>);

export type ErrorName = keyof typeof ERRORS;

const IDS: Readonly<Record<IdRule, number>> = {
  request: NoRequestId.UNUSABLE,
  requestOrUnusable: NoRequestId.UNUSABLE,
  line: NoRequestId.LINE,
  connection: NoRequestId.CONNECTION,
  connectionOrRequest: NoRequestId.CONNECTION,
  notice: NoRequestId.NOTICE,
  requestAndNotice: NoRequestId.NOTICE,
};

/** The id of an error's line that answers no request that could be read. */
export function idWithoutRequest(name: ErrorName): number {
  return IDS[ERRORS[name].id];
}

/** How a request ends: a result, Telegram's refusal, silence, or an error of the table. Crosses threads as its place in this list. */
export const OUTCOMES: readonly string[] = Object.freeze([
  'result',
  'rpc_error',
  'rpc_timeout',
  ...Object.keys(ERRORS),
]);
