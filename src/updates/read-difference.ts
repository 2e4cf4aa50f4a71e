/**
 * Read difference: what `updates.getState`, `getDifference` and `getChannelDifference` answer, by the names of fields (protocol: Updates).
 * In: TL bytes. Out: states, updates as pushed updates would be. Never: JSON; a constructor number.
 *
 * A difference has messages where a push has updates: each is told as the update that would have brought it, with the number of its box
 * behind the difference and a count of 0, since nobody says which of the numbers was its own.
 */
import { Writer } from '../bytes/writer.ts';
import type { AccountDifference, AccountState, ChannelDifference } from './difference.ts';
import { idKey, type Related } from './single.ts';
import { COMMON, QTS, type SingleUpdate, type Reading, type Step } from './step.ts';
import { Fields, type UpdateField } from './update-fields.ts';
import type { Gathered, UpdatesReader } from './read-updates.ts';

/** Updates that bring what a difference has in lists of its own, with the fields they are written by. */
const BRINGS = {
  message: ['updateNewMessage', 'message pts pts_count'],
  channelMessage: ['updateNewChannelMessage', 'message pts pts_count'],
  encrypted: ['updateNewEncryptedMessage', 'message qts'],
} as const;
type Bringing = keyof typeof BRINGS;

/** Users, chats and the time of one difference. */
interface Around {
  readonly users: readonly Related[];
  readonly chats: readonly Related[];
  readonly date: number;
}

/** Reads by one scheme; one answer at a time. */
export class DifferenceReader {
  readonly #updates: UpdatesReader;
  readonly #crcOf: (name: string) => number;
  readonly #outer = new Fields();
  readonly #state = new Fields();
  readonly #message = new Fields();
  readonly #out = new Writer(4096);

  /** @param crcOf number of a constructor of the scheme @throws RangeError for a scheme whose updates have other fields */
  constructor(updates: UpdatesReader, crcOf: (name: string) => number) {
    this.#updates = updates;
    this.#crcOf = crcOf;
    for (const [name, expected] of Object.values(BRINGS)) {
      const fields = updates.fields.walk.fieldsOf(name).join(' ');
      if (fields !== expected) throw new RangeError(`${name} has the fields ${fields}, not ${expected}`);
    }
  }

  /** `updates.State`. @throws DecodeFailure, TlReadError */
  state(bytes: Uint8Array, start: number, end: number): AccountState {
    return this.#stateIn(this.#updates.fields.open(bytes, start, end, this.#state));
  }

  #stateIn(state: Fields): AccountState {
    const int = (name: UpdateField): number => this.#updates.fields.int(state, name) ?? 0;
    return { pts: int('pts'), qts: int('qts'), seq: int('seq'), date: int('date') };
  }

  /** `updates.Difference`. Throws as `state`. */
  account(bytes: Uint8Array, start: number, end: number): AccountDifference {
    const { fields } = this.#updates;
    const outer = fields.open(bytes, start, end, this.#outer);
    const whole = fields.object(outer, 'state', this.#state);
    const between = whole ?? fields.object(outer, 'intermediate_state', this.#state);
    if (between !== undefined)
      return this.#parts(outer, this.#stateIn(between), whole === undefined ? 'slice' : 'whole');
    const pts = fields.int(outer, 'pts');
    if (pts !== undefined) return { kind: 'tooLong', pts };
    return { kind: 'empty', date: fields.int(outer, 'date') ?? 0, seq: fields.int(outer, 'seq') ?? 0 };
  }

  #parts(outer: Fields, state: AccountState, kind: 'slice' | 'whole'): AccountDifference {
    const all = gathered();
    const around = this.#around(outer, state.date, all);
    const updates = [
      ...this.#messages(outer, 'new_messages', 'message', around, state.pts),
      ...this.#messages(outer, 'new_encrypted_messages', 'encrypted', around, state.qts),
    ];
    this.#updates.readUpdates(outer, 'other_updates', around, all);
    // What the account's own boxes count, and nobody does, is told with the difference: `state` stands behind all of it.
    const isOwn = ({ box }: Step): boolean => box === COMMON || box === QTS;
    updates.push(...all.steps.filter(isOwn).flatMap((step) => step.updates), ...all.free);
    return { kind, updates, state, rest: rest({ ...all, steps: all.steps.filter((step) => !isOwn(step)), free: [] }) };
  }

  /** `updates.ChannelDifference`. Throws as `state`. @param channel its id, in decimal */
  channel(bytes: Uint8Array, start: number, end: number, channel: string): ChannelDifference {
    const { fields } = this.#updates;
    const outer = fields.open(bytes, start, end, this.#outer);
    const isFinal = fields.has(outer, 'final');
    const all = gathered();
    const around = this.#around(outer, 0, all);
    const dialog = fields.object(outer, 'dialog', this.#state);
    if (dialog !== undefined) {
      const pts = fields.int(dialog, 'pts') ?? 0;
      return { kind: 'tooLong', pts, isFinal: true, updates: [], rest: rest(all) };
    }
    const pts = fields.int(outer, 'pts') ?? 0;
    const updates = this.#messages(outer, 'new_messages', 'channelMessage', around, pts);
    this.#updates.readUpdates(outer, 'other_updates', around, all);
    const isOwn = ({ box }: Step): boolean => box === channel;
    updates.push(...all.steps.filter(isOwn).flatMap((step) => step.updates), ...all.free);
    const kind = updates.length > 0 ? 'updates' : 'empty';
    const others = rest({ ...all, steps: all.steps.filter((step) => !isOwn(step)), free: [] });
    return { kind, pts, isFinal, updates, rest: others };
  }

  #around(outer: Fields, date: number, all: Gathered): Around {
    const users = this.#updates.related(outer, 'users', all);
    return { users, chats: this.#updates.related(outer, 'chats', all), date };
  }

  /** Each message of a list as the update that brings it. @param last of its box */
  #messages(outer: Fields, name: UpdateField, by: Bringing, around: Around, last: number): SingleUpdate[] {
    const { fields } = this.#updates;
    const ids = new Set<number>();
    const updates: SingleUpdate[] = [];
    fields.items(outer, name, (at, end) => {
      ids.clear();
      const message = fields.open(outer.bytes, at, end, this.#message, (low, high) => void ids.add(idKey(low, high)));
      const { stop } = message.opened;
      const chat = fields.chatOf(message);
      const update = this.#bring(outer.bytes.subarray(at, stop), by, last);
      updates.push({ bytes: this.#updates.single(update, ids, around), kind: BRINGS[by][0], chat });
      return stop;
    });
    return updates;
  }

  #bring(message: Uint8Array, by: Bringing, last: number): Uint8Array {
    const out = this.#out;
    out.clear();
    out.int32(this.#crcOf(BRINGS[by][0]));
    out.raw(message);
    out.int32(last);
    if (by !== 'encrypted') out.int32(0);
    return out.written();
  }
}

function gathered(): Gathered {
  return { steps: [], free: [], longChannels: [], hashes: [] };
}

function rest(all: Gathered): Reading {
  return { ...all, date: undefined, isTooLong: false };
}
