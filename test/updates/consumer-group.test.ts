/** Who gets which update, with a clock that the tests own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { Dice } from '../../src/testdc/faults/dice.ts';
import {
  ConsumerGroup,
  MOST_AHEAD,
  type GroupMember,
  type Wanted,
  type Work,
} from '../../src/updates/consumer-group.ts';

const ALL: Wanted = { only: undefined, not: new Set() };

interface Worker extends GroupMember {
  readonly name: string;
}

/** A journal, a group, and what each member has. */
class Stage {
  readonly group: ConsumerGroup<Work, Worker>;
  readonly journal: Work[] = [];
  readonly given: { member: Worker; work: Work; isAgain: boolean }[] = [];
  /** What each member was given and has not done. */
  readonly hands = new Map<Worker, Work[]>();
  readonly done: number[] = [];
  acknowledged: number;
  now = 1_000;

  constructor(wanted = ALL, place = 0) {
    this.acknowledged = place;
    this.group = new ConsumerGroup<Work, Worker>(
      {
        give: (member, work, isAgain) => {
          for (const [other, has] of this.hands)
            assert.ok(
              !has.some((one) => one.chat === work.chat) || other === member,
              `${work.chat} is with ${other.name}`,
            );
          this.given.push({ member, work, isAgain });
          this.hands.get(member)!.push(work);
          assert.ok(this.hands.get(member)!.length <= member.window, 'a window is kept');
        },
        acknowledged: (number) => {
          assert.ok(number > this.acknowledged);
          this.acknowledged = number;
        },
      },
      wanted,
      place,
    );
  }

  happen(chat: string, kind = 'updateNewMessage'): void {
    this.journal.push({ number: this.journal.length + 1, kind, chat });
  }

  feed(): void {
    const { next, room } = this.group;
    this.group.take(this.journal.slice(next - 1, next - 1 + room), this.now);
  }

  join(name: string, window = 4, ackWait = 30_000): Worker {
    const worker = { name, window, ackWait };
    this.hands.set(worker, []);
    this.group.join(worker, this.now);
    this.feed();
    return worker;
  }

  leave(worker: Worker): void {
    this.hands.delete(worker);
    this.group.leave(worker, this.now);
    this.feed();
  }

  /** The worker does the first of what it has, and says so. */
  work(worker: Worker, count = 1): void {
    const some = this.hands.get(worker)!.splice(0, count);
    if (some.length === 0) return;
    const upTo = Math.max(...some.map(({ number }) => number));
    this.done.push(...some.map(({ number }) => number));
    // All that it has before, too: it does them in the order in which it got them, which is not that of the numbers.
    const rest = this.hands.get(worker)!;
    this.done.push(...rest.filter(({ number }) => number <= upTo).map(({ number }) => number));
    this.hands.set(
      worker,
      rest.filter(({ number }) => number > upTo),
    );
    this.group.acknowledge(worker, upTo, this.now);
    this.feed();
  }

  pass(ms: number): void {
    this.now += ms;
    // What the group takes back is in nobody's hands.
    for (const worker of this.hands.keys()) this.hands.set(worker, []);
    this.group.tick(this.now);
  }

  told(): string[] {
    return this.given
      .splice(0)
      .map(({ member, work, isAgain }) => `${work.number} ${member.name}${isAgain ? ' again' : ''}`);
  }
}

describe('a group', () => {
  it('gives each update to one, to whoever has the least to do', () => {
    const stage = new Stage();
    stage.join('a');
    stage.join('b');
    for (const chat of ['x', 'y', 'z', 'w']) stage.happen(chat);
    stage.feed();
    assert.deepEqual(stage.told(), ['1 a', '2 b', '3 a', '4 b']);
  });

  it('gives those of one chat to one, while it has any of them', () => {
    const stage = new Stage();
    const a = stage.join('a');
    stage.join('b');
    for (const chat of ['x', 'x', 'x', 'y']) stage.happen(chat);
    stage.feed();
    assert.deepEqual(stage.told(), ['1 a', '2 a', '3 a', '4 b']);
    stage.work(a, 3);
    stage.happen('x');
    stage.feed();
    assert.deepEqual(stage.told(), ['5 a'], 'it has the least to do now');
  });

  it('lets others pass those of a chat whose member is busy', () => {
    const stage = new Stage();
    const a = stage.join('a', 2);
    for (const chat of ['x', 'x', 'x']) stage.happen(chat);
    stage.feed();
    stage.join('b', 2);
    stage.happen('y');
    stage.feed();
    assert.deepEqual(stage.told(), ['1 a', '2 a', '4 b']);
    stage.work(a);
    assert.deepEqual(stage.told(), ['3 a']);
  });

  it('says up to where all is done', () => {
    const stage = new Stage();
    const [a, b] = [stage.join('a'), stage.join('b')];
    for (const chat of ['x', 'y', 'z']) stage.happen(chat);
    stage.feed();
    stage.work(b);
    assert.equal(stage.acknowledged, 0);
    stage.work(a);
    assert.equal(stage.acknowledged, 2);
    stage.work(a);
    assert.equal(stage.acknowledged, 3);
  });

  it('gives what one had to others when it goes, in order, and says that it was given before', () => {
    const stage = new Stage();
    const a = stage.join('a');
    for (const chat of ['x', 'x', 'y']) stage.happen(chat);
    stage.feed();
    stage.told();
    stage.leave(a);
    assert.deepEqual(stage.told(), []);
    stage.join('b');
    assert.deepEqual(stage.told(), ['1 b again', '2 b again', '3 b again']);
  });

  it('gives what comes back before what nobody has had yet', () => {
    const stage = new Stage();
    const [a, b] = [stage.join('a', 1), stage.join('b', 1)];
    for (const chat of ['x', 'y', 'z']) stage.happen(chat);
    stage.feed();
    assert.deepEqual(stage.told(), ['1 a', '2 b']);
    stage.leave(b);
    stage.work(a);
    assert.deepEqual(stage.told(), ['2 a again']);
  });

  it('gives again what was not acknowledged in time, with what is behind it in its chat', () => {
    const stage = new Stage();
    stage.join('a', 4, 1_000);
    for (const chat of ['x', 'y']) stage.happen(chat);
    stage.feed();
    stage.now += 500;
    stage.happen('x');
    stage.feed();
    stage.told();
    assert.equal(stage.group.dueAt, 2_000);
    stage.pass(499);
    assert.deepEqual(stage.told(), []);
    stage.pass(1);
    assert.deepEqual(stage.told(), ['1 a again', '2 a again', '3 a again']);
  });

  it('passes over what is not wanted', () => {
    const stage = new Stage({
      only: new Set(['updateNewMessage', 'updateEditMessage']),
      not: new Set(['updateEditMessage']),
    });
    const a = stage.join('a');
    stage.happen('x', 'updateUserTyping');
    stage.happen('x');
    stage.happen('x', 'updateEditMessage');
    stage.feed();
    assert.deepEqual(stage.told(), ['2 a']);
    assert.equal(stage.acknowledged, 1);
    stage.work(a);
    assert.equal(stage.acknowledged, 3);
  });

  it('takes in no more than it can look at, and nothing while nobody is there', () => {
    const stage = new Stage();
    assert.equal(stage.group.room, 0);
    stage.join('a', 1);
    for (let i = 0; i < MOST_AHEAD + 10; i++) stage.happen('x');
    stage.feed();
    assert.deepEqual([stage.group.room, stage.group.next], [0, MOST_AHEAD + 1]);
  });

  it('goes on at its place', () => {
    const stage = new Stage(ALL, 2);
    for (const chat of ['x', 'y', 'z']) stage.happen(chat);
    stage.join('a');
    assert.deepEqual(stage.told(), ['3 a']);
  });

  it('loses nothing, keeps each chat in order, and comes to its end, whatever its members do', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (seed) => {
        const dice = new Dice(seed);
        const stage = new Stage();
        const workers: Worker[] = [stage.join('0')];
        for (let i = 1; i <= 120; i++) {
          stage.happen(dice.one(['x', 'y', 'z', 'w', '']));
          stage.feed();
          stage.now += dice.below(400);
          const luck = dice.below(10);
          if (luck === 0) workers.push(stage.join(String(i), 1 + dice.below(5)));
          else if (luck === 1 && workers.length > 1) stage.leave(workers.splice(dice.below(workers.length), 1)[0]!);
          else if (luck < 7) stage.work(dice.one(workers), 1 + dice.below(3));
        }
        for (let i = 0; i < 1_000 && stage.acknowledged < 120; i++) stage.work(dice.one(workers), 3);
        assert.equal(stage.acknowledged, 120);
        const first = [...new Map(stage.given.toReversed().map(({ work }) => [work.number, work])).values()];
        assert.equal(first.length, 120);
        for (const chat of ['x', 'y', 'z', 'w', '']) {
          const done = stage.done.filter((number) => stage.journal[number - 1]!.chat === chat);
          assert.deepEqual(
            done,
            done.toSorted((a, b) => a - b),
            `chat ${chat}`,
          );
          assert.equal(new Set(done).size, done.length);
        }
      }),
      { seed: 20_261_128, numRuns: 300, includeErrorInReport: true },
    );
  });
});
