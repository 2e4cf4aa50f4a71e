/**
 * Log: entries to stderr through pino; lines of `--verbose` to stdout.
 * In: an event of the table and its fields. Out: one line each. Never: a field that the event's row has not, a throw, a wait:
 * a full or closed output drops lines and counts them (threats: The process; Secrets).
 */
import pino from 'pino';
import { EVENTS, type EventRow, type FieldsOf, type LogEvent, type LogFields, type LogLevel } from './events.ts';
import { Gathering } from './gathering.ts';

/** Where the gateway says what happens to it. */
export interface Log {
  /** One entry, at the level of its row; gathered if the row says so. @param isFirst the first about an address: `firstLevel` */
  write<E extends LogEvent>(event: E, fields: FieldsOf<E>, isFirst?: boolean): void;
  /** What a lane says of an event. @param text JSON text of its fields */
  record(event: LogEvent, text: string): void;
  /** A line of `--verbose`. */
  verbose(line: string): void;
  /** Writes what is still held; for the end of the process. */
  flush(): void;
}

/** Characters of a text field; the rest is cut. */
const LONGEST = 2_000;
/** Lines waiting for a slow stderr, in bytes; beyond them lines are dropped. */
const MOST_HELD = 1024 * 1024;

/** Somewhere to write whole lines to. */
export interface LineSink {
  write(line: string): void;
  flush?(): void;
}

/** How a log is written. */
export interface LogOptions {
  readonly level: string;
  /** Entries of lanes keep their `stack` (`--print-tracebacks`). */
  readonly hasStacks?: boolean;
  /** Where entries go; stderr if not given. */
  readonly to?: LineSink;
  /** Where lines of `--verbose` go; stdout if not given. */
  readonly verboseTo?: LineSink;
}

/** A log that writes by `options`; pino-pretty is loaded if stderr is a terminal. */
export async function createLog(options: LogOptions): Promise<Log> {
  const to = options.to ?? (process.stderr.isTTY ? await pretty() : outlet(2));
  const verboseTo = options.verboseTo ?? outlet(1);
  const logger = pino(
    { level: options.level, base: null, messageKey: 'event', timestamp: pino.stdTimeFunctions.isoTime },
    to,
  );
  const put = (level: LogLevel, event: LogEvent, fields: LogFields): void =>
    logger[level](allowed(event, fields), event);
  const gathering = new Gathering(put);
  const write = (event: LogEvent, fields: LogFields, isFirst = false): void => {
    const { level: usual, firstLevel, isGathered }: EventRow = EVENTS[event];
    const level = isFirst ? (firstLevel ?? usual) : usual;
    if (!logger.isLevelEnabled(level)) return;
    if (isGathered) gathering.add(level, event, fields);
    else put(level, event, fields);
  };
  return {
    write,
    record(event, text) {
      if (!logger.isLevelEnabled(EVENTS[event].level)) return;
      const { stack, ...fields } = JSON.parse(text) as LogFields;
      write(event, options.hasStacks === true && stack !== undefined ? { ...fields, stack } : fields);
    },
    verbose(line) {
      verboseTo.write(`${line}\n`);
    },
    flush() {
      gathering.flush();
      to.flush?.();
      verboseTo.flush?.();
    },
  };
}

/** The fields that the event's row has, and `count`; long texts cut. */
function allowed(event: LogEvent, fields: LogFields): LogFields {
  const { fields: always, sometimes = [] }: EventRow = EVENTS[event];
  const names: readonly string[] = [...always, ...sometimes, 'count'];
  const kept: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (names.includes(name)) kept[name] = typeof value === 'string' ? value.slice(0, LONGEST) : value;
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
