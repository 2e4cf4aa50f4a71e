/**
 * Channel boxes: the box of each channel, and the differences that are asked for them.
 * In: steps, answers, the time. Out: updates in the order of each channel, questions. Never: more than `MOST_ASKED` questions at once; one
 * for a channel whose access hash is not known, unless a bot asks, who needs none.
 */
import { UpdateBox, type Apply } from './update-box.ts';
import type { Asked, ChannelDifference, DroppedReason, Failure } from './difference.ts';
import { Retry } from './retry.ts';
import type { ChannelHash, Step } from './step.ts';
import type { StoredChannel } from './stored-boxes.ts';
import type { UpdatesSink } from './updates-sink.ts';

/** Channels that are asked for at once, at most. */
export const MOST_ASKED = 10;
/** How much of a channel is asked for at once (protocol: Updates). */
const USER_LIMIT = 100;
const BOT_LIMIT = 100_000;

type ChannelAsked = Asked & { readonly kind: 'channel' };

/** One channel. */
class ChannelBox {
  readonly id: string;
  readonly box: UpdateBox;
  readonly retry = new Retry();
  accessHash: bigint | undefined;
  asked: ChannelAsked | undefined;
  /** It is to be asked for, for another reason than a gap. */
  isWanted = false;
  /** Clients were told that something is fetched. */
  isInGap = false;

  constructor(id: string, pts: number | undefined, accessHash: bigint | undefined) {
    this.id = id;
    this.box = new UpdateBox(pts);
    this.accessHash = accessHash;
  }

  /** When it has to be asked for, Unix ms; `Infinity` for never. */
  get dueAt(): number {
    if (this.asked !== undefined) return Infinity;
    return this.isWanted ? 0 : Math.min(this.box.gapAt, this.retry.at);
  }
}

/** Takes what an answer says of other boxes. */
export type TakeRest = (rest: ChannelDifference['rest'], now: number) => void;

/** The boxes of all channels of one account. */
export class ChannelBoxes {
  readonly #sink: UpdatesSink;
  readonly #isBot: boolean;
  readonly #takeRest: TakeRest;
  readonly #all = new Map<string, ChannelBox>();
  /** Those with something to wait for: most of thousands have nothing. */
  readonly #restless = new Set<ChannelBox>();
  /** Those of which something has changed since that was asked last. */
  readonly #changed = new Set<string>();
  #askedCount = 0;

  /** @param takeRest takes what an answer says of other boxes */
  constructor(sink: UpdatesSink, isBot: boolean, stored: readonly StoredChannel[], takeRest: TakeRest) {
    this.#sink = sink;
    this.#isBot = isBot;
    this.#takeRest = takeRest;
    for (const { channel, pts, accessHash } of stored) this.#all.set(channel, new ChannelBox(channel, pts, accessHash));
  }

  get stored(): StoredChannel[] {
    return [...this.#all.values()].flatMap(({ id, box: { value: pts }, accessHash }) =>
      pts === undefined ? [] : [{ channel: id, pts, accessHash }],
    );
  }

  /** Of which channels something has changed since this was asked last, and where they stand; undefined of one that is no more. */
  takeChanges(): { channel: string; stored: StoredChannel | undefined }[] {
    const changes = [...this.#changed].map((channel) => ({ channel, stored: this.#storedOf(channel) }));
    this.#changed.clear();
    return changes;
  }

  #storedOf(channel: string): StoredChannel | undefined {
    const found = this.#all.get(channel);
    const pts = found?.box.value;
    return pts === undefined ? undefined : { channel, pts, accessHash: found!.accessHash };
  }

  /** When `tick` has something to do, Unix ms. */
  get dueAt(): number {
    if (this.#askedCount >= MOST_ASKED) return Infinity;
    let due = Infinity;
    for (const channel of this.#restless) due = Math.min(due, channel.dueAt);
    return due;
  }

  /** The server has described a channel. */
  describe({ channel, accessHash }: ChannelHash): void {
    const found = this.#all.get(channel);
    if (found?.accessHash === accessHash) return;
    if (found === undefined) this.#all.set(channel, new ChannelBox(channel, undefined, accessHash));
    else found.accessHash = accessHash;
    this.#changed.add(channel);
  }

  /** A step of a channel has come. The first that is heard of a channel begins its box. */
  take(step: Step, now: number): void {
    const channel = this.#channel(step.box);
    channel.box.value ??= step.last - step.count;
    channel.box.take(step, now, this.#apply);
    this.#note(channel);
  }

  /** The server says that too much of a channel has happened to be told. @param pts where it stands now, if it is told */
  tooLong(id: string, pts: number | undefined, now: number): void {
    const channel = this.#channel(id);
    const { value } = channel.box;
    if (value === undefined) {
      // Nothing is known of it that could be asked from.
      if (pts !== undefined) channel.box.begin(pts, now, this.#apply);
      return;
    }
    if (pts !== undefined && pts <= value) return;
    channel.isWanted = true;
    this.#note(channel);
  }

  #channel(id: string): ChannelBox {
    let channel = this.#all.get(id);
    if (channel === undefined) this.#all.set(id, (channel = new ChannelBox(id, undefined, undefined)));
    return channel;
  }

  /** Something has become of a channel. */
  #note(channel: ChannelBox): void {
    this.#changed.add(channel.id);
    if (channel.dueAt < Infinity) this.#restless.add(channel);
    else this.#restless.delete(channel);
  }

  // --- questions -------------------------------------------------------------------------------------------------------

  /** Asks for the channels that are due. */
  tick(now: number): void {
    for (const channel of this.#restless) {
      if (this.#askedCount >= MOST_ASKED) return;
      if (channel.dueAt <= now) this.#ask(channel, now);
    }
  }

  #ask(channel: ChannelBox, now: number): void {
    const { id, box } = channel;
    const accessHash = channel.accessHash ?? (this.#isBot ? 0n : undefined);
    if (accessHash === undefined) return this.#giveUp(channel, 'noAccessHash', now);
    channel.isWanted = false;
    channel.retry.begun();
    box.fetch();
    const limit = this.#isBot ? BOT_LIMIT : USER_LIMIT;
    channel.asked = { kind: 'channel', channel: id, accessHash, pts: Math.max(1, box.value!), limit };
    this.#askedCount++;
    this.#note(channel);
    if (!channel.isInGap) this.#sink.gap(id, 'start');
    channel.isInGap = true;
    this.#sink.ask(channel.asked);
  }

  /** A question is answered. Others of the same channel are passed over: it was given up meanwhile. */
  answered(asked: ChannelAsked, answer: ChannelDifference, now: number): void {
    const channel = this.#end(asked);
    if (channel === undefined) return;
    channel.retry.ended();
    const { id, box } = channel;
    const { hasOverflown } = box;
    if (answer.kind === 'tooLong') this.#sink.dropped(id, 'channelDifferenceTooLong');
    for (const update of answer.updates) this.#sink.deliver(id, update, true);
    if (answer.isFinal) box.fetched(answer.pts, now, this.#apply);
    else box.value = answer.pts;
    channel.isWanted ||= !answer.isFinal || hasOverflown;
    this.#endGap(channel);
    this.#note(channel);
    this.#takeRest(answer.rest, now);
  }

  /** A question has no answer. */
  failed(asked: ChannelAsked, failure: Failure, now: number): void {
    const channel = this.#end(asked);
    if (channel === undefined) return;
    if (failure.kind === 'later') {
      channel.retry.later(failure.seconds, now);
      this.#note(channel);
    } else
      this.#giveUp(
        channel,
        failure.kind === 'unreadable' ? 'unreadable' : 'stateInvalid',
        now,
        failure.kind === 'closed',
      );
  }

  #end(asked: ChannelAsked): ChannelBox | undefined {
    const channel = this.#all.get(asked.channel);
    if (channel?.asked !== asked) return undefined;
    channel.asked = undefined;
    this.#askedCount--;
    return channel;
  }

  /** What is missing cannot be had: what waits is told, and the box goes on behind it. @param isClosed the account has left the channel */
  #giveUp(channel: ChannelBox, reason: DroppedReason, now: number, isClosed = false): void {
    const { id, box } = channel;
    channel.isWanted = false;
    channel.retry.ended();
    if (!isClosed) this.#sink.dropped(id, reason);
    for (const step of box.release()) {
      this.#apply(step);
      box.value = step.last;
    }
    if (box.value !== undefined) box.fetched(box.value, now, this.#apply);
    this.#endGap(channel);
    this.#changed.add(id);
    this.#restless.delete(channel);
    if (isClosed) this.#all.delete(id);
  }

  #endGap(channel: ChannelBox): void {
    if (!channel.isInGap || channel.isWanted) return;
    channel.isInGap = false;
    this.#sink.gap(channel.id, 'end');
  }

  readonly #apply: Apply = ({ box, updates }: Step): void => {
    for (const update of updates) this.#sink.deliver(box, update, false);
  };
}
