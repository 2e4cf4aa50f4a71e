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

/** What is known of an error before it happens. */
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
    { LineTimeout: { text: 'the rest of a line did not come in time', fields: ['limit'] } },
  ),
  ...group(
    { id: 'requestOrUnusable', fields: ['limit', 'pos'] },
    {
      DepthExceeded: { text: 'the request is nested too deeply' },
      TooManyElements: { text: 'the request has too many elements' },
      NumberTooLong: { text: 'a number has too many digits' },
      DuplicateKey: { text: 'an object has the same key twice', fields: ['key', 'path', 'pos'] },
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
      ProtocolMismatch: {
        text: 'this port takes one JSON object per line; for HTTP, start the gateway with --http-port',
      },
      AuthRequired: { text: 'the gateway wants a token: send {"auth":"<token>"} as the first line' },
      AuthFailed: { text: 'the gateway does not know this token' },
      TooManyConnections: {
        text: 'the gateway has as many clients as it may; --max-connections allows more',
        fault: 'load',
        retryable: true,
        fields: ['limit', 'retry_after'],
      },
    },
  ),
  ...group(
    { id: 'connectionOrRequest', fault: 'load', retryable: true, fields: ['retry_after'] },
    {
      TooManySessions: { text: 'the gateway has as many keys in use as it can' },
      RateLimited: {
        text: 'too many connections or wrong tokens in a short time',
        fields: ['limit', 'retry_after'],
        sometimes: ['closing'],
      },
      Overloaded: { text: 'the gateway has no memory for this request now', sometimes: ['limit'] },
    },
  ),
  ...group(
    { id: 'connection', closes: true, delivered: 'unknown' },
    { SlowConsumer: { text: 'the client left too many answers unread', fields: ['limit'] } },
  ),
  ...group(
    { id: 'notice', closes: true, fault: 'gateway', retryable: true },
    { ServerStopping: { text: 'the gateway is stopping', fields: ['retry_after'] } },
  ),
  ...group(
    {},
    {
      InvalidServer: { text: 'the value of server is not a usable address', fields: ['path'], sometimes: NAMING },
      ServerNotAllowed: { text: 'the gateway may not connect to this server; --allow-server HOST:PORT allows it' },
      InvalidSession: { text: 'the value of session cannot be used', fields: ['path'], sometimes: NAMING },
      SessionInUse: {
        text: 'another connection has this session alone, or another process has it; "takeover":true takes it over',
        retryable: true,
        fields: ['path'],
      },
      SessionNotFound: { text: 'there is no session yet; the first message begins one', sometimes: ['path'] },
      InvalidMessage: { text: 'the value of message cannot be used', fields: PLACE },
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
      KeyReused: {
        text: 'this key came with another message within the last 24 hours; each message wants a key of its own',
        fields: ['path'],
      },
    },
  ),
  ...group(
    { fault: 'network', retryable: true },
    {
      NotConnected: { text: 'there is no connection to the data centre', fields: ['reason'] },
      ConnectFailed: { text: 'the data centre could not be reached', fields: ['reason'] },
      ConnectTimeout: { text: 'the data centre did not take the connection in time', fields: ['reason'] },
      HandshakeFailed: { text: 'no key could be agreed on with the data centre', fields: ['reason'] },
      InvalidDC: { text: 'the server is not this data centre (-444)', fault: 'client', retryable: false },
      TransportFlood: {
        text: 'the data centre refuses connections from here for now (-429)',
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
      DecodeError: {
        text: 'Telegram answered, but the scheme cannot read the answer',
        delivered: 'yes',
        sometimes: ['crc'],
      },
      WorkerCrashed: { text: 'the worker thread of this session died', delivered: 'unknown' },
    },
  ),
  ...group(
    { id: 'notice', delivered: 'unknown' },
    {
      SessionLost: { text: 'the session is lost', fault: 'telegram', fatal: true, fields: ['reason'] },
      UpdatesDropped: {
        text: 'updates may be missing: ask for the difference, once even if an updatesTooLong comes too',
        fault: 'load',
      },
    },
  ),
  ...group(
    { fields: ['path'] },
    {
      VaultUnavailable: {
        text: 'the gateway keeps no named sessions; --vault names a folder for them',
        sometimes: ['reason'],
      },
      VaultRecordBroken: { text: 'the record of this name cannot be read', fault: 'gateway' },
      ExportNotAllowed: { text: 'the gateway does not export keys of named sessions; --allow-export lets it' },
    },
  ),
  ...group(
    { id: 'requestAndNotice', fault: 'gateway', retryable: true, sometimes: ['path', 'reason'] },
    {
      VaultWriteFailed: {
        text: 'the session goes on, but its record could not be written; the older record is still there',
      },
    },
  ),
  ...group(
    { id: 'requestOrUnusable', fault: 'gateway', delivered: 'unknown', fields: ['ref'], sometimes: ['reason'] },
    { InternalError: { text: 'a fault of the gateway; look for ref in its log' } },
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

/** The error of this name. @throws RangeError for a text that names none */
export function errorNamed(text: string): ErrorName {
  if (!Object.hasOwn(ERRORS, text)) throw new RangeError('an error that is not in the table');
  return text as ErrorName;
}

/** How a request ends: a result, Telegram's refusal, silence, or an error of the table. Crosses threads as its place in this list. */
export const OUTCOMES: readonly string[] = Object.freeze([
  'result',
  'rpc_error',
  'rpc_timeout',
  ...Object.keys(ERRORS),
]);
