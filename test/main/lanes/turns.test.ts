/** A lane’s queue and its turns: whose records go in which batch, with batches taken and given back by hand. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type LaneRecord, RecordCursor } from '../../../src/batch/batch.ts';
import { In } from '../../../src/batch/records.ts';
import { isolatedFlags, requestFlags } from '../../../src/batch/request-flags.ts';
import { SHARE } from '../../../src/main/lanes/shares.ts';
import { LaneQueue } from '../../../src/main/lanes/lane-queue.ts';
import { SharedTurns } from '../../../src/main/lanes/shared-turns.ts';
import { costOf, Turns } from '../../../src/main/lanes/turns.ts';

const KIB = 1024;
const MARK = 1024 * KIB;
const TURN = SHARE;

function request(session: number, ticket: number, length: number, flags = 0): LaneRecord {
  return [In.REQUEST, 0, flags, session, ticket, Buffer.alloc(length), 0, length];
}

/** One batch as it leaves: `session/ticket` of each record; and how to give it back. */
class Lane {
  readonly queue = new LaneQueue(MARK);
  readonly #under: number[] = [];

  put(...records: LaneRecord[]): boolean[] {
    return records.map((record) => this.queue.put(...record));
  }

  leave(): string[] {
    this.queue.takeTurn();
    const { slot, from, to } = this.queue.leave(0);
    const bytes = new Uint8Array(this.queue.shared[slot]!);
    const cursor = new RecordCursor(bytes, from, to);
    const left: string[] = [];
    while (cursor.next()) left.push(`${cursor.session}/${cursor.ticket}`);
    this.#under.push(to - from);
    if (!this.queue.isInParts) this.queue.openNext();
    return left;
  }

  back(): void {
    this.#under.shift();
    if (this.queue.returned()) this.queue.openNext();
  }

  /** Batches one at a time until nothing is left. */
  all(): string[][] {
    const batches: string[][] = [];
    while (this.queue.hasMore) {
      batches.push(this.leave());
      this.back();
    }
    return batches;
  }
}

describe('queue', () => {
  test('what one session has beyond its share waits; what another puts goes with the next batch', () => {
    const lane = new Lane();
    for (let i = 1; i <= 64; i++) lane.put(request(1, i, 60 * KIB));
    lane.put(request(2, 1, 100));
    const [first] = lane.all();
    assert.ok(first!.includes('2/1'), `in the first batch: ${first!.join()}`);
    assert.ok(first!.length < 12, `${first!.length} records in one batch`);
  });

  test('small calls have a share too: as many as cost what a long message does', () => {
    const lane = new Lane();
    for (let i = 1; i <= 10_000; i++) lane.put(request(1, i, 100));
    lane.put(request(2, 1, 100));
    const batches = lane.all();
    assert.ok(batches[0]!.includes('2/1'));
    assert.ok(Math.max(...batches.map((batch) => batch.length)) < 1000);
    const own = batches.flat().filter((name) => name.startsWith('1/'));
    assert.deepEqual(
      own,
      Array.from({ length: 10_000 }, (_, i) => `1/${i + 1}`),
    );
  });

  test('only one batch under way has records that waited; another batch may leave beside it', () => {
    const lane = new Lane();
    for (let i = 1; i <= 4; i++) lane.put(request(1, i, 1000 * KIB));
    assert.deepEqual(lane.leave(), ['1/1']);
    assert.equal(lane.queue.hasMore, false);
    lane.put(request(2, 1, 100));
    assert.equal(lane.queue.mayLeave, true);
    assert.deepEqual(lane.leave(), ['2/1']);
    lane.back();
    lane.back();
    assert.deepEqual(lane.leave(), ['1/2']);
  });

  test('many sessions together have no more in a batch than the mark; nobody is left out', () => {
    const lane = new Lane();
    for (let session = 1; session <= 40; session++)
      for (let i = 1; i <= 2; i++) lane.put(request(session, i, 60 * KIB));
    const batches = lane.all();
    const most = Math.max(...batches.map((batch) => batch.length));
    assert.ok(most * 60 * KIB <= MARK + TURN, `${most} records in one batch`);
    assert.equal(batches.flat().length, 80);
  });

  test('the feeder of a session that waits should too, until its turns have come; others need not', () => {
    const lane = new Lane();
    const over = lane.put(...Array.from({ length: 3 }, (_, i) => request(1, i + 1, 1000 * KIB)));
    assert.deepEqual(over, [true, true, true]);
    assert.deepEqual(lane.put(request(2, 1, 1000)), [false]);
    const cleared: number[] = [];
    while (lane.queue.hasMore) {
      cleared.push(...lane.queue.takeTurn());
      lane.leave();
      lane.back();
    }
    assert.deepEqual(cleared, [1]);
  });

  test('a record that must run alone does, though it has waited', () => {
    const lane = new Lane();
    lane.put(request(1, 1, 1000 * KIB), request(1, 2, 1000 * KIB, isolatedFlags(requestFlags(false))));
    lane.put(request(1, 3, 100, isolatedFlags(requestFlags(false))), request(1, 4, 100));
    const batches = lane.all();
    assert.deepEqual(batches, [['1/1'], ['1/2'], ['1/3'], ['1/4']]);
    lane.put(request(1, 5, 100), request(1, 6, 100));
    assert.deepEqual(lane.all(), [['1/5', '1/6']]);
  });
});

describe('turns', () => {
  const take = (turns: Turns, most: number): LaneRecord[] => {
    const taken: LaneRecord[] = [];
    turns.take(most, (...record) => taken.push(record) > 0);
    return taken;
  };

  test('whatever waits: each session keeps its order, and none that waits gets behind by more than its longest record', () => {
    const records = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 500 * KIB })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(records, (list) => {
        const turns = new Turns();
        const wanted = new Map<number, number[]>();
        for (const [at, [session, length]] of list.entries()) {
          turns.add(request(session, at, length));
          wanted.set(session, [...(wanted.get(session) ?? []), at]);
        }
        const got = new Map<number, number[]>();
        const cost = new Map<number, number>();
        while (!turns.isEmpty) {
          const taken = take(turns, TURN);
          const sum = taken.reduce((all, record) => all + costOf(record[7]), 0);
          assert.ok(taken.length === 1 || sum <= TURN, `${taken.length} records that cost ${sum}`);
          for (const [, , , session, ticket, , , length] of taken) {
            got.set(session, [...(got.get(session) ?? []), ticket]);
            cost.set(session, (cost.get(session) ?? 0) + costOf(length));
          }
          const waiting = [...wanted.keys()].filter((session) => turns.has(session));
          const costs = waiting.map((session) => cost.get(session) ?? 0);
          const apart = costs.length < 2 ? 0 : Math.max(...costs) - Math.min(...costs);
          assert.ok(apart <= 2 * costOf(500 * KIB), `${apart} apart`);
        }
        assert.deepEqual(
          [...got].sort(([a], [b]) => a - b),
          [...wanted].sort(([a], [b]) => a - b),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('a client that has gone leaves no work, but what its session needs to begin and to end', () => {
    const turns = new Turns();
    const bytes = Buffer.from('x');
    turns.add([In.OPEN, 0, 0, 1, 0, bytes, 0, 0]);
    turns.add(request(1, 1, 1000));
    turns.add([In.LINK_BYTES, 0, 0, 1, 1, bytes, 0, 1]);
    turns.add([In.LINK_DOWN, 0, 0, 1, 1, bytes, 0, 1]);
    turns.add([In.CLOSE, 0, 0, 1, 0, bytes, 0, 0]);
    const kinds = take(turns, TURN).map(([kind]) => kind);
    assert.deepEqual(kinds, [In.OPEN, In.LINK_DOWN, In.CLOSE]);
  });

  test('what one client puts by two attachments of a session keeps its order, whichever of them waits', () => {
    const lane = new Lane();
    lane.queue.shareTurn(2, 1, 9);
    for (let i = 1; i <= 6; i++) lane.put(request(1, i, 100 * KIB));
    lane.put(request(2, 7, 100), request(3, 8, 100), request(1, 9, 100), request(2, 10, 100));
    const left = lane.all().flat();
    assert.deepEqual(
      left.filter((name) => !name.startsWith('3/')),
      ['1/1', '1/2', '1/3', '1/4', '1/5', '1/6', '2/7', '1/9', '2/10'],
    );
    assert.ok(left.indexOf('3/8') < left.indexOf('2/7'), 'others have a turn of their own');
  });

  test('what one of the two leaves behind when it goes is dropped, and the other goes on', () => {
    const lane = new Lane();
    lane.queue.shareTurn(2, 1, 9);
    lane.put(...Array.from({ length: 4 }, (_, i) => request(1, i + 1, 500 * KIB)));
    assert.deepEqual(lane.put(request(2, 5, 100)), [true]);
    const nothing = Buffer.alloc(0);
    lane.put([In.DETACH, 0, 0, 1, 0, nothing, 0, 0]);
    const cleared: number[] = [];
    const left: string[] = [];
    while (lane.queue.hasMore) {
      cleared.push(...lane.queue.takeTurn());
      left.push(...lane.leave());
      lane.back();
    }
    assert.deepEqual(left, ['2/5', '1/0']);
    assert.deepEqual(cleared, [1, 2]);
  });

  test('one that has gone, or whose session has, shares no turn any more', () => {
    for (const end of [In.DETACH, In.CLOSE]) {
      const shared = new SharedTurns();
      shared.add(2, 1, 9);
      shared.add(4, 3, 8);
      const number = end === In.DETACH ? 2 : 9;
      assert.equal(shared.turnOf(end, number), end === In.DETACH ? 1 : 9, 'its end waits behind what it has put');
      assert.equal(shared.turnOf(In.REQUEST, 2), 2);
      assert.equal(shared.turnOf(In.REQUEST, 4), 3);
      shared.clear();
      assert.equal(shared.turnOf(In.REQUEST, 4), 4);
    }
  });

  test('bytes that the feeder uses again are copied, and the copy is zeroed when it has gone', () => {
    const turns = new Turns();
    const bytes = Buffer.from('a record with a key');
    turns.add([In.RESUME, 0, 0, 1, 0, bytes, 0, bytes.length]);
    bytes.fill(0);
    let seen = '';
    let copy: Uint8Array = new Uint8Array(0);
    turns.take(TURN, (...record) => {
      copy = record[5];
      seen = Buffer.from(copy).toString();
      return true;
    });
    assert.equal(seen, 'a record with a key');
    assert.ok(copy.every((byte) => byte === 0));
  });

  test('what waits for a thread that is lost is zeroed too; a message, which is its client’s, is not', () => {
    const turns = new Turns();
    const bytes = Buffer.from('a record with a key');
    const message: LaneRecord = [In.REQUEST, 0, 0, 1, 1, bytes, 0, bytes.length];
    turns.add([In.RESUME, 0, 0, 1, 0, bytes, 0, bytes.length]);
    turns.add(message);
    let copy: Uint8Array = new Uint8Array(0);
    turns.take(TURN, (...record) => {
      copy = record[5];
      return false;
    });
    assert.equal(Buffer.from(copy).toString(), 'a record with a key');
    turns.clear();
    assert.ok(copy.every((byte) => byte === 0));
    assert.equal(bytes.toString(), 'a record with a key');
    assert.equal(turns.isEmpty, true);
  });
});

test('who comes to speak in a session goes behind its beginning, however many turns that takes', () => {
  const turns = new Turns();
  const record = (kind: number, session: number, ticket: number, length: number): LaneRecord => [
    ...([kind, 0, 0, session, ticket, Buffer.alloc(length), 0, length] as const),
  ];
  for (const one of [
    record(In.OPEN, 1, 0, 3),
    record(In.RESUME, 1, 0, 300 * KIB),
    record(In.ATTACH, 5, 1, 4),
    request(5, 51, 10),
    record(In.ATTACH, 6, 2, 4),
    record(In.LINK_BYTES, 1, 0, 10),
  ])
    turns.add(one);
  const gone: string[] = [];
  for (let left = 10; !turns.isEmpty && left > 0; left--)
    turns.take(TURN, (kind, _link, _flags, session) => gone.push(`${kind} ${session}`) > 0);
  assert.deepEqual(gone, [
    `${In.OPEN} 1`,
    `${In.ATTACH} 6`,
    `${In.RESUME} 1`,
    `${In.LINK_BYTES} 1`,
    `${In.ATTACH} 5`,
    `${In.REQUEST} 5`,
  ]);
});

test('who comes to speak in a session that has begun does not wait for what else it has to do', () => {
  const turns = new Turns();
  const bytes = Buffer.alloc(300 * KIB);
  turns.add([In.LINK_BYTES, 0, 0, 1, 0, bytes, 0, bytes.length]);
  turns.add([In.ATTACH, 0, 0, 5, 1, Buffer.alloc(4), 0, 4]);
  const kinds: number[] = [];
  while (!turns.isEmpty) turns.take(TURN, (kind) => kinds.push(kind) > 0);
  assert.deepEqual(kinds, [In.ATTACH, In.LINK_BYTES]);
});
