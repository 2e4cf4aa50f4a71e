/**
 * Log: entries to stderr through pino; lines of `--verbose` to stdout.
 * In: an event's name and fields. Out: one line each. Never: a field that is not on the allow list, a throw, a wait:
 * a full or closed output drops lines and counts them (threats: The process; Secrets).
 */
import pino from 'pino';
import { Gathering } from './gathering.ts';
import type { LogFields } from './log-fields.ts';

export type { LogFields } from './log-fields.ts';

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** What may happen to a thousand sessions at once: those alike are one entry, with their number. @param level pino's */
  gather(level: number, event: string, fields: LogFields): void;
  /** An entry of a lane: pino's level number, or 0 for a line of `--verbose`; JSON text of an object with `event`. */
  record(level: number, json: string): void;
  /** Writes what is still held; for the end of the process. */
  flush(): void;
}

/** The only fields an entry may have. None of them can hold a key, a phone number, a code or a message's text. */
const ALLOWED = new Set([
  ...[
    'lane',
    'lanes',
    'session',
    'sessions',
    'link',
    'links',
    'client',
    'clients',
    'dc',
    'test',
    'host',
    'port',
    'addresses',
  ],
  ...[
    'method',
    'outcome',
    'crc',
    'layer',
    'transport',
    'bytes',
    'count',
    'ms',
    'limit',
    'error',
    'code',
    'reason',
    'ref',
    'rule',
  ],
  ...[
    'stack',
    'version',
    'pid',
    'signal',
    'open',
    'attempt',
    'msgId',
    'seqNo',
    'definitions',
    'attributes',
    'retryAfter',
  ],
  // Of the start.
  ...['vault', 'apiId', 'kernel'],
]);
const LONGEST = 2_000;
const METHODS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
/** From here on each entry is one for itself: it has a `ref` that somebody looks for. */
const ERROR = 50;
/** One entry a request: whoever asked for these wants each. */
const REQUEST = 'request';
/** Lines waiting for a slow stderr, in bytes; beyond them lines are dropped. */
const MOST_HELD = 1024 * 1024;

/** Somewhere to write whole lines to. */
export interface LineSink {
  write(line: string): void;
  flush?(): void;
}

export interface LogOptions {
  readonly level: string;
  /** Entries of lanes keep their `stack` (`--print-tracebacks`). */
  readonly stacks?: boolean;
  /** Where entries go; stderr if not given. */
  readonly to?: LineSink;
  /** Where lines of `--verbose` go; stdout if not given. */
  readonly verboseTo?: LineSink;
}

export async function createLog(options: LogOptions): Promise<Log> {
  const to = options.to ?? (process.stderr.isTTY ? await pretty() : outlet(2));
  const verboseTo = options.verboseTo ?? outlet(1);
  const logger = pino(
    { level: options.level, base: null, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime },
    to,
  );
  const write = (level: number, event: string, fields: LogFields): void =>
    logger[METHODS[level / 10 - 1]!](allowed(fields), event);
  const gathering = new Gathering(write);
  const gather = (level: number, event: string, fields: LogFields): void => {
    if (logger.isLevelEnabled(METHODS[level / 10 - 1]!)) gathering.add(level, event, fields);
  };
  return {
    debug: (event, fields) => logger.debug(allowed(fields), event),
    info: (event, fields) => logger.info(allowed(fields), event),
    warn: (event, fields) => logger.warn(allowed(fields), event),
    error: (event, fields) => logger.error(allowed(fields), event),
    gather,
    record(level, json) {
      if (level === 0) return verboseTo.write(`${json}\n`);
      if (!logger.isLevelEnabled(METHODS[level / 10 - 1]!)) return;
      const { event, stack, ...fields } = JSON.parse(json) as { event: string } & LogFields;
      const isOneOf = level >= ERROR || event === REQUEST;
      if (!isOneOf) return gather(level, event, fields);
      write(level, event, options.stacks === true && stack !== undefined ? { ...fields, stack } : fields);
    },
    flush() {
      gathering.flush();
      to.flush?.();
      verboseTo.flush?.();
    },
  };
}

/** Keeps what is on the list; cuts long texts. */
export function allowed(fields: LogFields = {}): LogFields {
  const kept: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (ALLOWED.has(name)) kept[name] = typeof value === 'string' ? value.slice(0, LONGEST) : value;
  }
  return kept;
}

/** Writes without waiting. Errors (EPIPE, ENOSPC) end nothing: what cannot be written is dropped. */
function outlet(descriptor: number): LineSink {
  const stream = pino.destination({ dest: descriptor, sync: false, maxLength: MOST_HELD });
  stream.on('error', () => undefined);
  return {
    write(line) {
      try {
        stream.write(line);
      } catch {
        // Destroyed after an error: there is no one left to tell.
      }
    },
    flush() {
      try {
        stream.flushSync();
      } catch {
        // As above.
      }
    },
  };
}

/** For a person at a terminal; loaded only then. */
async function pretty(): Promise<LineSink> {
  const { default: build } = await import('pino-pretty');
  const stream = build({
    destination: 2,
    sync: true,
    messageKey: 'event',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
  });
  stream.on('error', () => undefined);
  return { write: (line) => void stream.write(line) };
}
