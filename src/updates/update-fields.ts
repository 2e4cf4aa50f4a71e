/**
 * Update fields: what of one TL object the boxes need, by the names of its fields (protocol: Updates).
 * In: bytes. Out: numbers, ids, the chat that an update is about. Never: a constructor number; a field that some layer has not is passed over.
 */
import { Reader } from '../bytes/reader.ts';
import type { FieldKind, FieldReader, LongSink } from '../tl/codec.ts';
import { OpenedObject } from '../tl/opened-object.ts';
import { COMMON, QTS } from './step.ts';

/** Fields that are looked for, wherever they stand. */
const NAMES = [
  ...['updates', 'update', 'users', 'chats', 'date', 'seq', 'seq_start', 'pts', 'pts_count', 'qts'],
  ...['channel_id', 'chat_id', 'user_id', 'message', 'peer_id', 'peer', 'id', 'access_hash', 'min'],
  ...['new_messages', 'new_encrypted_messages', 'other_updates', 'state', 'intermediate_state', 'dialog', 'final'],
] as const;
export type UpdateField = (typeof NAMES)[number];

/** An object whose fields were found, and the bytes they stand in. */
export class Fields {
  readonly opened = new OpenedObject();
  bytes: Uint8Array = new Uint8Array(0);
}

/** What a step of a box is made of. */
export interface BoxNumbers {
  /** '' if no box counts the update. */
  readonly box: string;
  readonly last: number;
  readonly count: number;
}

const UNCOUNTED: BoxNumbers = { box: '', last: 0, count: 0 };

/** Finds fields by one scheme. */
export class UpdateFields {
  readonly walk: FieldReader;
  readonly #numbers = new Map<UpdateField, number>();
  readonly #reader = new Reader(new Uint8Array(0));
  readonly #inner = new Fields();
  readonly #peer = new Fields();

  constructor(walk: FieldReader) {
    this.walk = walk;
    for (const name of NAMES) this.#numbers.set(name, walk.field(name));
  }

  /** Finds the fields of the object at `at`. @param longs told each `long` inside @throws as `FieldReader.open` */
  open(bytes: Uint8Array, at: number, end: number, into: Fields, longs?: LongSink): Fields {
    this.walk.open(this.#reader.reset(bytes, at, end), into.opened, longs);
    into.bytes = bytes;
    return into;
  }

  /** Name of the constructor. */
  nameOf({ opened }: Fields): string {
    return this.walk.nameOf(opened.definition);
  }

  /** Where a field begins; -1 if it is not there. */
  place({ opened }: Fields, name: UpdateField): number {
    return this.walk.placeOf(opened, this.#numbers.get(name)!);
  }

  #kindOf({ opened }: Fields, name: UpdateField): FieldKind {
    return this.walk.kindOf(opened.definition, this.#numbers.get(name)!);
  }

  has(fields: Fields, name: UpdateField): boolean {
    return this.place(fields, name) >= 0;
  }

  /** An `int`; undefined if it is not there. */
  int(fields: Fields, name: UpdateField): number | undefined {
    const at = this.place(fields, name);
    return at < 0 || this.#kindOf(fields, name) !== 'int'
      ? undefined
      : this.#reader.reset(fields.bytes, at, fields.opened.stop).int32();
  }

  /** A `long`; undefined if it is not there, or is an `int`: secret chats have ids of their own. */
  long(fields: Fields, name: UpdateField): bigint | undefined {
    const at = this.place(fields, name);
    return at < 0 || this.#kindOf(fields, name) !== 'long'
      ? undefined
      : this.#reader.reset(fields.bytes, at, fields.opened.stop).bigInt64();
  }

  /** An object in a field; undefined if it is not there. */
  object(fields: Fields, name: UpdateField, into: Fields): Fields | undefined {
    const at = this.place(fields, name);
    return at < 0 ? undefined : this.open(fields.bytes, at, fields.opened.stop, into);
  }

  /** Calls `each` with the place of every item of a vector of objects, and expects where the item ends. */
  items(fields: Fields, name: UpdateField, each: (at: number, end: number) => number): void {
    let at = this.place(fields, name);
    if (at < 0) return;
    const { bytes, opened } = fields;
    const reader = new Reader(bytes, at, opened.stop);
    const count = this.walk.vector(reader);
    at = reader.pos;
    for (let i = 0; i < count; i++) at = each(at, opened.stop);
  }

  // --- updates ---------------------------------------------------------------------------------------------------------

  /** How many items a vector has; 0 if it is not there. */
  countOf(fields: Fields, name: UpdateField): number {
    const at = this.place(fields, name);
    return at < 0 ? 0 : this.walk.vector(new Reader(fields.bytes, at, fields.opened.stop));
  }

  /** Which box counts an update, and what it says of it. */
  numbersOf(update: Fields): BoxNumbers {
    const qts = this.int(update, 'qts');
    if (qts !== undefined) return { box: QTS, last: qts, count: 1 };
    const last = this.int(update, 'pts');
    const count = this.int(update, 'pts_count');
    if (last === undefined || count === undefined) return UNCOUNTED;
    return { box: this.#channelOf(update) ?? COMMON, last, count };
  }

  /** The id of the channel that an update is about, in decimal: its own field, or where its message stands. */
  #channelOf(update: Fields): string | undefined {
    const own = this.long(update, 'channel_id');
    if (own !== undefined) return String(own);
    const peer = this.#messagePeer(update);
    return peer === undefined ? undefined : this.long(peer, 'channel_id')?.toString();
  }

  #messagePeer(update: Fields): Fields | undefined {
    const at = this.place(update, 'message');
    // `updateShortMessage` has a text under this name.
    if (at < 0 || this.#kindOf(update, 'message') !== 'object') return undefined;
    const message = this.open(update.bytes, at, update.opened.stop, this.#inner);
    return this.object(message, 'peer_id', this.#peer);
  }

  /** The chat an update is about: `channel 7`, `chat 7`, `user 7`; '' if it names none. */
  chatOf(update: Fields): string {
    const peer =
      this.#messagePeer(update) ??
      this.object(update, 'peer', this.#peer) ??
      this.object(update, 'peer_id', this.#peer) ??
      update;
    for (const kind of ['channel', 'chat', 'user'] as const) {
      const id = this.long(peer, `${kind}_id`);
      if (id !== undefined) return `${kind} ${id}`;
    }
    return '';
  }
}
