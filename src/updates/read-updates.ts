/**
 * Read updates: what an `Updates` object says, by the names of its fields (protocol: Updates).
 * In: TL bytes. Out: a reading with copies of what clients are told. Never: JSON; a constructor number.
 */
import type { FieldReader } from '../tl/codec.ts';
import { idKey, type Related, Singles } from './single.ts';
import { SEQ, type ChannelHash, type SingleUpdate, type Reading, type Step } from './step.ts';
import { Fields, type UpdateField, UpdateFields } from './update-fields.ts';

/** What a reading gathers. */
export interface Gathered {
  readonly steps: Step[];
  readonly free: SingleUpdate[];
  readonly longChannels: { channel: string; pts: number | undefined }[];
  readonly hashes: ChannelHash[];
}

const TOO_LONG = 'updatesTooLong';
const CHANNEL_TOO_LONG = 'updateChannelTooLong';

/** Reads by one scheme; one object at a time. */
export class UpdatesReader {
  readonly fields: UpdateFields;
  readonly #singles: Singles;
  readonly #outer = new Fields();
  readonly #update = new Fields();
  readonly #one = new Fields();

  /** @param crcOf number of a constructor of the scheme */
  constructor(walk: FieldReader, crcOf: (name: string) => number) {
    this.fields = new UpdateFields(walk);
    this.#singles = new Singles(walk, crcOf);
  }

  /**
   * Reads an `Updates` object.
   * @param isOwn it is the result of a call: its updates move the boxes on, and are told to nobody
   * @throws DecodeFailure, TlReadError
   */
  read(bytes: Uint8Array, start: number, end: number, isOwn = false): Reading {
    const { fields } = this;
    const outer = fields.open(bytes, start, end, this.#outer);
    const all: Gathered = { steps: [], free: [], longChannels: [], hashes: [] };
    const isTooLong = fields.nameOf(outer) === TOO_LONG;
    const date = fields.int(outer, 'date') ?? 0;
    if (fields.has(outer, 'updates')) this.#readList(outer, all, date);
    else if (fields.has(outer, 'update')) this.#readShort(outer, all);
    else if (!isTooLong) this.#gather(outer, bytes.slice(start, outer.opened.stop), all);
    const { steps, hashes, longChannels } = all;
    const told = isOwn ? { steps: steps.map((step) => ({ ...step, updates: [] })), free: [] } : all;
    const isCounted = steps.some(({ box }) => box === SEQ);
    return { ...told, hashes, longChannels, isTooLong, date: isCounted || date === 0 ? undefined : date };
  }

  #readShort(outer: Fields, all: Gathered): void {
    const update = this.fields.object(outer, 'update', this.#update)!;
    this.#gather(update, outer.bytes.slice(outer.opened.start, outer.opened.stop), all);
  }

  /** A list with its users and chats: each update becomes an object of its own. */
  #readList(outer: Fields, all: Gathered, date: number): void {
    const { fields } = this;
    const { bytes, opened } = outer;
    const seq = fields.int(outer, 'seq') ?? 0;
    const first = fields.int(outer, 'seq_start') ?? seq;
    const users = this.related(outer, 'users', all);
    const chats = this.related(outer, 'chats', all);
    // One alone is told as it came.
    const whole = fields.countOf(outer, 'updates') === 1 ? bytes.slice(opened.start, opened.stop) : undefined;
    this.readUpdates(outer, 'updates', { users, chats, date, whole }, all);
    if (seq === 0) return;
    const updates = all.free.splice(0);
    all.steps.push({ box: SEQ, last: seq, count: seq - first + 1, updates, date });
  }

  /** The updates in a vector of `outer`. @param whole what the only one of them is told as */
  readUpdates(
    outer: Fields,
    name: UpdateField,
    by: { users: readonly Related[]; chats: readonly Related[]; date: number; whole?: Uint8Array | undefined },
    all: Gathered,
  ): void {
    const { fields } = this;
    const ids = new Set<number>();
    const note = (low: number, high: number): void => void ids.add(idKey(low, high));
    fields.items(outer, name, (at, end) => {
      ids.clear();
      const update = fields.open(outer.bytes, at, end, this.#update, by.whole === undefined ? note : undefined);
      const { stop } = update.opened;
      const told = by.whole ?? this.single(outer.bytes.subarray(at, stop), ids, by);
      this.#gather(update, told, all);
      return stop;
    });
  }

  /** An object with one update, and those users and chats whose ids are among `ids`. */
  single(
    update: Uint8Array,
    ids: ReadonlySet<number>,
    { users, chats, date }: { users: readonly Related[]; chats: readonly Related[]; date: number },
  ): Uint8Array {
    const isNamed = ({ id }: Related): boolean => ids.has(id);
    return this.#singles.write({ update, users: users.filter(isNamed), chats: chats.filter(isNamed), date });
  }

  /** The users or chats of an object; notes the access hashes of channels. */
  related(outer: Fields, name: UpdateField, { hashes }: Gathered): Related[] {
    const { fields } = this;
    const found: Related[] = [];
    fields.items(outer, name, (start, end) => {
      const one = fields.open(outer.bytes, start, end, this.#one);
      const { stop } = one.opened;
      const id = fields.long(one, 'id');
      if (id === undefined) return stop;
      found.push({ bytes: outer.bytes, start, stop, id: idKey(Number(id & 0xffffffffn), Number(id >> 32n)) });
      const accessHash = name === 'chats' && !fields.has(one, 'min') ? fields.long(one, 'access_hash') : undefined;
      if (accessHash !== undefined) hashes.push({ channel: String(id), accessHash });
      return stop;
    });
    return found;
  }

  /** Puts an update where it is counted. @param told what clients are told of it */
  #gather(update: Fields, told: Uint8Array, all: Gathered): void {
    const { fields } = this;
    const kind = fields.nameOf(update);
    if (kind === CHANNEL_TOO_LONG) {
      const channel = String(fields.long(update, 'channel_id'));
      all.longChannels.push({ channel, pts: fields.int(update, 'pts') });
      return;
    }
    const piece: SingleUpdate = { bytes: told, kind, chat: fields.chatOf(update) };
    const { box, last, count } = fields.numbersOf(update);
    if (box === '') all.free.push(piece);
    else all.steps.push({ box, last, count, updates: [piece] });
  }
}
