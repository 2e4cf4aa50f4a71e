/**
 * Events: the one table of what the log may say (docs/logs-and-metrics.md is written from it).
 * In: an event's name. Out: its level, the fields it may carry, what an operator takes from it. Imports nothing: the core names
 * its events by it too.
 */

/** pino's names of levels. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Every field an entry may have. None of them can hold a key, a phone number, a code or a message's text (threats: Secrets). */
interface FieldTypes {
  /** Where the gateway listens, parted by spaces. */
  addresses: string;
  /** Whether there is an api_id, not which. */
  apiId: string;
  /** An error code of Telegram's, or of a bad_msg_notification. */
  code: number;
  count: number;
  /** A constructor's number. */
  crc: number;
  /** A data centre's id; in the first line also where it is. */
  dc: number | string;
  /** An error of Telegram's, without its numbers. */
  error: string;
  host: string;
  kernel: string;
  lane: number;
  layer: number;
  method: string;
  ms: number;
  /** Of a stored session. */
  name: string;
  /** As `replies_total` counts it. */
  outcome: string;
  pid: number;
  port: number;
  /** A sentence. */
  reason: string;
  /** What the client's `InternalError` carries too. */
  ref: string;
  session: number;
  sessions: number;
  signal: string;
  stack: string;
  /** Whether the data centre is one for tests. */
  test: boolean;
  transport: string;
  vault: string;
}

type FieldName = keyof FieldTypes;

/** One event. */
export interface EventRow {
  readonly level: LogLevel;
  /** The level of the first entry about an address; the others have `level`. */
  readonly firstLevel?: LogLevel;
  /** Whether entries alike are counted instead of written one by one: a thousand sessions may have them at the same moment. */
  readonly isGathered?: true;
  readonly fields: readonly FieldName[];
  /** Fields of some entries only. */
  readonly sometimes?: readonly FieldName[];
  /** What it means and what to do, Markdown in one line. */
  readonly text: string;
}

/** Which connection: the address is the one dialled, or the one of several that answered. */
const CENTRE = ['dc', 'test', 'host', 'port'] as const;

/** By name, in the order of the page. */
export const EVENTS = {
  listening: {
    level: 'info',
    fields: ['addresses', 'ms', 'pid', 'layer', 'dc', 'vault', 'apiId', 'transport', 'kernel'],
    text: 'the gateway takes connections at `addresses`; `ms` since it began to start',
  },
  'listening for HTTP': {
    level: 'info',
    fields: ['addresses'],
    text: 'the same for `--http-port`',
  },
  stopping: {
    level: 'info',
    fields: ['signal'],
    text: '`signal` came: new connections are refused, open requests get up to 10 s to be answered',
  },
  ignored: {
    level: 'warn',
    fields: ['signal', 'reason'],
    text: '`signal` asks for something this process does not do; `reason` says what to do instead',
  },
  failed: {
    level: 'error',
    fields: ['reason', 'stack'],
    text: 'a fault of the gateway: the process ends, with status 70',
  },
  stuck: {
    level: 'fatal',
    fields: ['pid', 'reason'],
    text: 'the main thread has not turned for 30 s: the process kills itself, and its supervisor should start it again',
  },
  'no api_id': {
    level: 'warn',
    fields: ['reason'],
    text: 'there is no `--api-id`: each client has to send `initConnection` itself',
  },
  'open to all': {
    level: 'warn',
    fields: ['reason'],
    text: 'the gateway listens beyond this machine without tokens (`--insecure`): whoever reaches it may use every kept session',
  },
  'open to this machine': {
    level: 'info',
    fields: ['reason'],
    text: 'there are no tokens: every user of this machine may use every kept session',
  },
  'secret open': {
    level: 'warn',
    fields: ['reason'],
    text: 'others on this machine can read a file that holds a secret: `chmod 600`',
  },
  'scheme numbers': {
    level: 'warn',
    fields: ['reason'],
    text: 'constructors of `--scheme` have numbers that do not follow from their text: Telegram may not know them',
  },
  'notify failed': {
    level: 'warn',
    fields: ['reason'],
    text: 'systemd could not be told that the gateway is ready, or alive',
  },
  'vault unsealed': {
    level: 'warn',
    fields: ['reason'],
    text: 'kept sessions are not encrypted: give the vault a key ([sessions.md](sessions.md))',
  },
  'vault warning': {
    level: 'warn',
    fields: ['reason'],
    text: 'something about the vault needs a look: `reason` says what',
  },
  'vault closed': {
    level: 'error',
    fields: ['reason'],
    text: 'the vault cannot be opened: requests for named sessions are refused',
  },
  'vault write failed': {
    level: 'error',
    fields: ['reason'],
    text: 'the record of a kept session could not be written or removed: disk full or gone? Writing is tried until it works',
  },
  'vault written': {
    level: 'info',
    fields: ['count'],
    text: 'it could be written again, after `count` failures',
  },
  'data centre dialled': {
    level: 'debug',
    isGathered: true,
    fields: CENTRE,
    text: 'a connection is wanted, and will be made as soon as `--dial-rate` allows it',
  },
  'data centre connected': {
    level: 'debug',
    firstLevel: 'info',
    isGathered: true,
    fields: CENTRE,
    text: "what answers there has proved to be the data centre: it has made a key with the session, or speaks under the session's",
  },
  'data centre lost': {
    level: 'warn',
    isGathered: true,
    fields: CENTRE,
    sometimes: ['reason'],
    text: 'a connection that stood is gone though the session still wants it: the gateway makes it again',
  },
  'data centre not reached': {
    level: 'warn',
    isGathered: true,
    fields: CENTRE,
    sometimes: ['reason'],
    text: 'an attempt failed; the next follows after a pause of up to a minute',
  },
  'data centre back': {
    level: 'info',
    isGathered: true,
    fields: CENTRE,
    sometimes: ['ms'],
    text: 'a session has its data centre again, after `ms` without; with `count`, the longest `ms`',
  },
  'address not reached': {
    level: 'info',
    isGathered: true,
    fields: ['host', 'port', 'reason'],
    text: 'one of several addresses of a data centre did not answer, and the next is tried',
  },
  'key created': {
    level: 'debug',
    isGathered: true,
    fields: ['dc'],
    text: 'a session has made a key with `dc`',
  },
  'no temporary key': {
    level: 'info',
    isGathered: true,
    fields: ['dc'],
    text: '`dc` does without forward secrecy (`--pfs`): the session goes on under its permanent key',
  },
  'home moved': {
    level: 'info',
    isGathered: true,
    fields: ['dc'],
    text: 'an account lives at another data centre, `dc`, and its session has gone there',
  },
  bad_msg_notification: {
    level: 'warn',
    isGathered: true,
    fields: ['code'],
    text: 'the data centre has refused a message for `code`; it goes again by itself where that does no harm. Now and then: nothing to do',
  },
  'unreadable answer': {
    level: 'warn',
    isGathered: true,
    fields: ['reason'],
    text: 'the scheme cannot read an answer, so the client got `DecodeError`: often a newer layer, `--scheme`',
  },
  'unreadable update': {
    level: 'warn',
    isGathered: true,
    fields: ['reason'],
    text: 'the same of an update: the client got `UpdatesDropped`',
  },
  'unreadable message': {
    level: 'warn',
    isGathered: true,
    fields: ['crc', 'reason'],
    text: 'the same of a service message, which is passed over',
  },
  'session given up': {
    level: 'info',
    fields: ['session', 'name'],
    text: 'another process with the same vault has asked for a stored session; it is given up as soon as nothing of it is open, ten seconds later at most',
  },
  'session lost': {
    level: 'warn',
    fields: ['session', 'name'],
    text: 'the account of a stored session is lost: it was revoked, or deactivated, or its key is known no more; it is not opened again',
  },
  'lane lost': {
    level: 'error',
    fields: ['lane', 'reason', 'sessions'],
    text: 'a worker thread has died; a new one takes its `sessions`',
  },
  'lane revived': {
    level: 'warn',
    fields: ['lane'],
    text: 'the new thread works',
  },
  'lane broken': {
    level: 'error',
    fields: ['lane', 'reason'],
    text: 'no new thread can be started: the process ends',
  },
  'internal error': {
    level: 'error',
    fields: ['ref'],
    sometimes: ['stack'],
    text: "a fault of the gateway; the client's `InternalError` has the same `ref`. `--print-tracebacks` adds `stack`",
  },
  request: {
    level: 'debug',
    fields: ['session', 'outcome', 'dc'],
    sometimes: ['method', 'code', 'error', 'ms'],
    text: 'a request has its answer: [below](#one-line-a-request)',
  },
} as const satisfies Readonly<Record<string, EventRow>>;

/** The name of an event of the table. */
export type LogEvent = keyof typeof EVENTS;

/** A lane names an event to the main thread by its place here (`batch/log-flags.ts`). */
export const EVENT_NAMES = Object.keys(EVENTS) as readonly LogEvent[];

type Always<E extends LogEvent> = (typeof EVENTS)[E]['fields'][number];
type Sometimes<E extends LogEvent> = (typeof EVENTS)[E] extends { readonly sometimes: readonly (infer F)[] }
  ? F
  : never;

/** The fields an entry of `E` is written with. */
export type FieldsOf<E extends LogEvent> = { readonly [F in Always<E>]: FieldTypes[F] } & {
  readonly [F in Sometimes<E> & FieldName]?: FieldTypes[F];
};

/** Fields of any entry, by name. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;
