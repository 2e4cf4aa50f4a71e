/**
 * Gathering: entries that a thousand sessions may have at the same moment: the first of a kind is written at once, those
 * like it in the time behind it are one entry with their number.
 * In: entries, the time. Out: entries, some with `count`. Never: more than a few an hour for what goes on for an hour; two
 * that differ in anything but `ms` counted as one, unless there are more kinds than can be told apart.
 */
import type { LogEvent, LogFields, LogLevel } from './events.ts';

/** How long entries of a kind are counted before their number is written, ms: first, second, every further time. */
const SPANS = [1_000, 10_000, 60_000];
/** After this long without an entry, a kind is forgotten, ms. */
const FORGOTTEN = 60_000;
/** Kinds told apart at a time; beyond them entries are counted by level and event alone. */
const MOST_KINDS = 256;

/** Runs `job` after `ms`. @returns what takes that back */
export type After = (ms: number, job: () => void) => () => void;

interface Kind {
  readonly level: LogLevel;
  readonly event: LogEvent;
  readonly fields: LogFields;
  /** Entries counted since one was written, and the longest `ms` among them; -1 if none has it. */
  count: number;
  longest: number;
  /** Place in `SPANS`. */
  span: number;
  /** None came in the last span, so the next one is written at once. */
  isIdle: boolean;
  cancel: () => void;
}

/** Writes the first entry of a kind at once, and counts those like it for a while. Entries are of one kind if all but `ms` is equal. */
export class Gathering {
  readonly #write: (level: LogLevel, event: LogEvent, fields: LogFields) => void;
  readonly #after: After;
  readonly #kinds = new Map<string, Kind>();

  constructor(write: (level: LogLevel, event: LogEvent, fields: LogFields) => void, after: After = onTimer) {
    this.#write = write;
    this.#after = after;
  }

  /** Writes the entry, or counts it. @param fields `ms` may differ among those alike: the longest is written */
  add(level: LogLevel, event: LogEvent, fields: LogFields): void {
    const { ms, ...others } = fields;
    const isFull = this.#kinds.size >= MOST_KINDS;
    const own = `${level} ${event} ${JSON.stringify(others)}`;
    const name = isFull && !this.#kinds.has(own) ? `${level} ${event}` : own;
    const kind = this.#kinds.get(name);
    if (kind === undefined) {
      this.#write(level, event, fields);
      return this.#begin(name, level, event, name === own ? others : {});
    }
    if (kind.isIdle) return this.#goOn(name, kind, fields);
    kind.count++;
    if (typeof ms === 'number' && ms > kind.longest) kind.longest = ms;
  }

  #begin(name: string, level: LogLevel, event: LogEvent, fields: LogFields): void {
    const kind: Kind = { level, event, fields, count: 0, longest: -1, span: 0, isIdle: false, cancel: () => undefined };
    this.#kinds.set(name, kind);
    this.#wait(name, kind);
  }

  #wait(name: string, kind: Kind): void {
    kind.cancel = this.#after(kind.isIdle ? FORGOTTEN : SPANS[kind.span]!, () => this.#end(name, kind));
  }

  #end(name: string, kind: Kind): void {
    if (kind.isIdle) return void this.#kinds.delete(name);
    if (kind.count === 0) kind.isIdle = true;
    else this.#longer(kind);
    this.#wait(name, kind);
  }

  #longer(kind: Kind): void {
    this.#tell(kind);
    kind.span = Math.min(kind.span + 1, SPANS.length - 1);
  }

  /** One more after a pause: it is written, and what follows is gathered for longer. */
  #goOn(name: string, kind: Kind, fields: LogFields): void {
    kind.cancel();
    this.#write(kind.level, kind.event, fields);
    kind.isIdle = false;
    kind.span = Math.min(kind.span + 1, SPANS.length - 1);
    this.#wait(name, kind);
  }

  #tell(kind: Kind): void {
    const { level, event, fields, count, longest } = kind;
    this.#write(level, event, { ...fields, ...(longest >= 0 && { ms: longest }), count });
    kind.count = 0;
    kind.longest = -1;
  }

  /** Writes what was gathered so far; for the end of the process. */
  flush(): void {
    for (const kind of this.#kinds.values()) {
      kind.cancel();
      if (kind.count > 0) this.#tell(kind);
    }
    this.#kinds.clear();
  }
}

function onTimer(ms: number, job: () => void): () => void {
  const timer = setTimeout(job, ms).unref();
  return () => clearTimeout(timer);
}
