/** The engine against a model of the server, with a clock that the tests own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { Dice } from '../../src/testdc/faults/dice.ts';
import type { Asked } from '../../src/updates/difference.ts';
import { MOST_HELD } from '../../src/updates/update-box.ts';
import { Engine, SILENCE_MS } from '../../src/updates/engine.ts';
import { boxesOf, type BoxState } from '../../src/updates/box-rows.ts';
import type { StoredBoxes } from '../../src/updates/stored-boxes.ts';
import { COMMON, QTS, SEQ, type Reading } from '../../src/updates/step.ts';
import type { UpdatesSink } from '../../src/updates/updates-sink.ts';
import { ModelServer } from './model-server.ts';

const START = 1_000_000;
const CHANNELS = ['7', '8'];

/** An engine, the server behind a bad path, and what was delivered. */
class Stage implements UpdatesSink {
  readonly dice: Dice;
  readonly server: ModelServer;
  readonly delivered = new Map<string, string[]>();
  readonly said: string[] = [];
  now = START;
  engine: Engine;
  /** What is on its way, with the time it comes at. */
  #coming: { at: number; run: () => void }[] = [];
  #open = new Set<Asked>();
  parallel = 0;
  losses = 0;

  constructor(seed: number, stored?: StoredBoxes) {
    this.dice = new Dice(seed);
    this.server = new ModelServer(this.dice);
    this.engine = new Engine(this, false, stored);
  }

  deliver(box: string, { kind }: { kind: string }): void {
    const name = kind.split(' ')[0]!;
    assert.ok(box === name || box === COMMON, `${kind} as of ${box}`);
    const list = this.delivered.get(name) ?? [];
    list.push(kind);
    this.delivered.set(name, list);
  }

  ask(asked: Asked): void {
    const key = (one: Asked): string => (one.kind === 'channel' ? one.channel : 'account');
    if ([...this.#open].some((one) => key(one) === key(asked))) this.parallel++;
    this.#open.add(asked);
    const fails = this.dice.below(5) === 0;
    this.after(20 + this.dice.below(1_500), () => {
      this.#open.delete(asked);
      if (fails) this.engine.failed(asked, { kind: 'later', seconds: this.dice.below(2) ? undefined : 3 }, this.now);
      else this.engine.answered(asked, this.server.answer(asked), this.now);
    });
  }

  gap(box: string, edge: string): void {
    this.said.push(`${box} ${edge}`);
  }

  dropped(box: string, reason: string): void {
    this.said.push(`${box} ${reason}`);
  }

  after(ms: number, run: () => void): void {
    this.#coming.push({ at: this.now + ms, run });
  }

  /** Lets time pass up to `until`, or as long as anything is to come. */
  run(until = Infinity): void {
    for (;;) {
      const next = this.#coming.toSorted((a, b) => a.at - b.at)[0];
      const due = this.engine.dueAt;
      const silence = due - this.now > SILENCE_MS / 2;
      if (next === undefined && (due === Infinity || silence)) break;
      const at = Math.min(next?.at ?? Infinity, due);
      if (at > until) break;
      this.now = Math.max(this.now, at);
      if (next !== undefined && next.at <= this.now) {
        this.#coming.splice(this.#coming.indexOf(next), 1);
        next.run();
      } else this.engine.tick(this.now);
    }
    if (until !== Infinity) this.now = until;
  }

  /** The process dies: what is on its way is lost, and what was delivered and not kept. Another goes on. */
  restart(stored: StoredBoxes | undefined, kept: ReadonlyMap<string, number>): void {
    this.#coming = [];
    this.#open.clear();
    for (const [box, list] of this.delivered) list.length = kept.get(box) ?? 0;
    this.engine = new Engine(this, false, stored);
    this.engine.opened(this.now);
  }

  /** Pushes over a path that loses, doubles and delays. */
  push(reading: Reading): void {
    const luck = this.dice.below(10);
    if (luck === 0) {
      this.losses++;
      return;
    }
    const times = luck === 1 ? 2 : 1;
    for (let i = 0; i < times; i++)
      this.after(this.dice.below(luck < 4 ? 900 : 30), () => this.engine.take(reading, this.now));
  }
}

/** Each box was delivered whole, in order, once. */
function assertWhole(stage: Stage, from: ReadonlyMap<string, number> = new Map()): void {
  for (const box of stage.server.boxes)
    assert.deepEqual(stage.delivered.get(box) ?? [], stage.server.told(box).slice(from.get(box) ?? 0), `box ${box}`);
}

/** An engine that is up, with the server's channels known to it. */
function begun(seed: number): Stage {
  const stage = new Stage(seed);
  for (const channel of CHANNELS) stage.server.open(channel);
  stage.engine = new Engine(stage, false, {
    account: stage.server.state,
    channels: CHANNELS.map((channel) => ({ channel, pts: 100, accessHash: undefined })),
  });
  stage.engine.opened(stage.now);
  stage.run();
  return stage;
}

describe('the engine', () => {
  it('delivers every update of every box once and in order, whatever the path does', () => {
    let losses = 0;
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 60 }), (seed, count) => {
        const stage = begun(seed);
        const boxes = [COMMON, COMMON, QTS, SEQ, ...CHANNELS];
        for (let i = 0; i < count; i++) {
          stage.push(stage.server.happen(stage.dice.one(boxes)));
          stage.run(stage.now + stage.dice.below(400));
        }
        // The last of a box may be lost without anything after it: silence brings it.
        stage.run(stage.now + SILENCE_MS + 60_000);
        stage.run();
        assertWhole(stage);
        assert.equal(stage.parallel, 0);
        losses += stage.losses;
      }),
      { seed: 20_261_128, numRuns: 300, includeErrorInReport: true },
    );
    assert.ok(losses > 500, `${losses} losses`);
  });
});

const NOTHING: Reading = { steps: [], free: [], date: undefined, isTooLong: false, longChannels: [], hashes: [] };
const ACCOUNT = { pts: 10, qts: 1, seq: 1, date: 100 };

/** An engine whose questions the test answers itself. */
class Bench implements UpdatesSink {
  readonly engine: Engine;
  readonly said: string[] = [];
  readonly asked: Asked[] = [];
  now = START;

  constructor(stored?: StoredBoxes, isBot = false) {
    this.engine = new Engine(this, isBot, stored);
  }

  deliver(box: string, { kind }: { kind: string }, isFetched: boolean): void {
    this.said.push(`${box} ${kind}${isFetched ? ' fetched' : ''}`);
  }

  ask(asked: Asked): void {
    this.asked.push(asked);
  }

  gap(box: string, edge: string): void {
    this.said.push(`${box} gap ${edge}`);
  }

  dropped(box: string, reason: string): void {
    this.said.push(`${box} dropped ${reason}`);
  }

  take(box: string, last: number, count = 1, more: Partial<Reading> = {}): void {
    const updates = [{ bytes: new Uint8Array(0), kind: String(last), chat: '' }];
    this.engine.take({ ...NOTHING, steps: [{ box, last, count, updates }], ...more }, this.now);
  }

  pass(ms: number): void {
    this.now += ms;
    this.engine.tick(this.now);
  }

  /** What was said, and asked, since this was called last. */
  heard(): { said: string[]; asked: Asked[] } {
    return { said: this.said.splice(0), asked: this.asked.splice(0) };
  }
}

/** One that stands at `ACCOUNT`, and has asked what it missed and heard that it missed nothing. */
function standing(channels: StoredBoxes['channels'] = [], isBot = false): Bench {
  const bench = new Bench({ account: ACCOUNT, channels }, isBot);
  bench.engine.opened(bench.now);
  const difference = { kind: 'empty', date: 100, seq: 1 } as const;
  bench.engine.answered(bench.heard().asked[0]!, { kind: 'difference', difference }, bench.now);
  assert.deepEqual(bench.heard().said, ['common gap end']);
  return bench;
}

const piece = (kind: string) => ({ bytes: new Uint8Array(0), kind, chat: '' });

describe('rows of boxes', () => {
  it('say what has changed, once', () => {
    const bench = standing([{ channel: '7', pts: 100, accessHash: 49n }]);
    const changed = (): string[] => bench.engine.takeChanges().map(({ box }) => box);
    assert.deepEqual(changed(), ['account']);
    assert.deepEqual(changed(), []);
    bench.take('7', 101);
    assert.deepEqual(changed(), ['7']);
    bench.take(COMMON, 11, 1, { hashes: [{ channel: '8', accessHash: 1n }] });
    assert.deepEqual(changed(), ['account', '8']);
    bench.take('7', 103);
    bench.pass(500);
    changed();
    const [asked] = bench.heard().asked;
    bench.engine.failed(asked!, { kind: 'closed' }, bench.now);
    const [gone] = bench.engine.takeChanges();
    assert.deepEqual([gone!.box, gone!.body.length], ['7', 0]);
  });

  it('are what an engine goes on from, wherever the one before was broken off', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 60 }), (seed, count) => {
        const stage = begun(seed);
        const rows = new Map<string, BoxState>();
        /** What was delivered so far is on the disk, and with it where the boxes stand. */
        const kept = new Map<string, number>();
        const commit = (): void => {
          for (const row of stage.engine.takeChanges()) rows.set(row.box, row);
          for (const [box, list] of stage.delivered) kept.set(box, list.length);
        };
        commit();
        for (let i = 0; i < count; i++) {
          stage.push(stage.server.happen(stage.dice.one([COMMON, QTS, SEQ, ...CHANNELS])));
          stage.run(stage.now + stage.dice.below(400));
          if (stage.dice.below(3) > 0) commit();
          if (stage.dice.below(8) === 0)
            stage.restart(boxesOf([...rows.values()].filter(({ body }) => body.length > 0)), kept);
        }
        stage.run(stage.now + SILENCE_MS + 60_000);
        stage.run();
        assertWhole(stage);
      }),
      { seed: 20_261_129, numRuns: 300, includeErrorInReport: true },
    );
  });
});

describe('a gap', () => {
  it('is waited out for half a second, and closed by what was missing', () => {
    const bench = standing();
    bench.take(COMMON, 12);
    bench.pass(499);
    assert.deepEqual(bench.heard(), { said: [], asked: [] });
    bench.take(COMMON, 11);
    bench.pass(1);
    assert.deepEqual(bench.heard(), { said: ['common 11', 'common 12'], asked: [] });
    assert.deepEqual(bench.engine.stored?.account.pts, 12);
  });

  it('is fetched behind that, with what comes meanwhile told after it', () => {
    const bench = standing();
    bench.take(COMMON, 12);
    bench.pass(500);
    const { said, asked } = bench.heard();
    assert.deepEqual(said, ['common gap start']);
    assert.deepEqual(asked, [{ kind: 'difference', pts: 10, qts: 1, date: 100 }]);
    bench.take(COMMON, 13);
    bench.take('7', 5);
    assert.deepEqual(bench.heard().said, ['7 5'], 'channels do not wait for the account');
    const state = { ...ACCOUNT, pts: 12 };
    const difference = { kind: 'whole', updates: [piece('a')], rest: NOTHING, state } as const;
    bench.engine.answered(asked[0]!, { kind: 'difference', difference }, bench.now);
    assert.deepEqual(bench.heard().said, ['common a fetched', 'common 13', 'common gap end']);
    bench.engine.answered(asked[0]!, { kind: 'difference', difference }, bench.now);
    assert.deepEqual(bench.heard().said, [], 'answered once');
  });

  it('of which slices come is asked for until the last', () => {
    const bench = standing();
    bench.engine.miss(bench.now);
    const [first] = bench.heard().asked;
    const state = { ...ACCOUNT, pts: 20 };
    const slice = { kind: 'slice', updates: [piece('a')], rest: NOTHING, state } as const;
    bench.engine.answered(first!, { kind: 'difference', difference: slice }, bench.now);
    const { said, asked } = bench.heard();
    assert.deepEqual(said, ['common a fetched']);
    assert.deepEqual(asked, [{ kind: 'difference', pts: 20, qts: 1, date: 100 }]);
  });

  it('that the server cannot tell is said to be lost, and what is behind it is asked for', () => {
    const bench = standing();
    bench.engine.take({ ...NOTHING, isTooLong: true }, bench.now);
    const [first] = bench.heard().asked;
    bench.engine.answered(first!, { kind: 'difference', difference: { kind: 'tooLong', pts: 500 } }, bench.now);
    const { said, asked } = bench.heard();
    assert.deepEqual(said, ['common dropped differenceTooLong']);
    assert.deepEqual(asked, [{ kind: 'difference', pts: 500, qts: 1, date: 100 }]);
  });

  it('is asked for again when the server could not answer, later each time, or when it says', () => {
    const bench = standing();
    bench.engine.miss(bench.now);
    for (const [seconds, wait] of [
      [undefined, 1_000],
      [undefined, 2_000],
      [30, 30_000],
      [undefined, 8_000],
    ] as const) {
      const [asked] = bench.heard().asked;
      bench.engine.failed(asked!, { kind: 'later', seconds }, bench.now);
      assert.equal(bench.engine.dueAt, bench.now + wait);
      bench.pass(wait - 1);
      assert.deepEqual(bench.heard().asked, []);
      bench.pass(1);
    }
    assert.equal(bench.heard().asked.length, 1);
  });

  it('from numbers that are none of the server’s begins anew where it stands', () => {
    const bench = standing();
    bench.engine.miss(bench.now);
    bench.engine.failed(bench.heard().asked[0]!, { kind: 'state' }, bench.now);
    assert.deepEqual(bench.heard().said, ['common dropped stateInvalid']);
    bench.take(COMMON, 70);
    bench.pass(1_000);
    const { asked } = bench.heard();
    assert.deepEqual(asked, [{ kind: 'state' }]);
    bench.engine.answered(asked[0]!, { kind: 'state', state: { pts: 71, qts: 1, seq: 1, date: 200 } }, bench.now);
    assert.deepEqual(bench.heard().said, ['common 70', 'common gap end']);
    assert.deepEqual(bench.engine.stored?.account, { pts: 71, qts: 1, seq: 1, date: 200 });
  });

  it('of so many updates that not all can wait is asked for once more', () => {
    const bench = standing();
    bench.engine.miss(bench.now);
    const [asked] = bench.heard().asked;
    for (let last = 30; last < 30 + MOST_HELD + 1; last++) bench.take(COMMON, last);
    const difference = { kind: 'whole', updates: [], rest: NOTHING, state: { ...ACCOUNT, pts: 29 } } as const;
    bench.engine.answered(asked!, { kind: 'difference', difference }, bench.now);
    const heard = bench.heard();
    assert.equal(heard.said.length, MOST_HELD);
    assert.deepEqual(heard.asked, [{ kind: 'difference', pts: 29 + MOST_HELD, qts: 1, date: 100 }]);
  });
});

it('a gap before so many updates that not all can wait is fetched at once, even if what was missing comes', () => {
  const bench = standing();
  for (let last = 12; last < 12 + MOST_HELD + 1; last++) bench.take(COMMON, last);
  const { asked } = bench.heard();
  assert.deepEqual(asked, [{ kind: 'difference', pts: 10, qts: 1, date: 100 }]);
});

it('a second reason to ask waits for the answer to the first; the date stands still while something is missing', () => {
  const bench = standing();
  bench.take(COMMON, 12, 1, { date: 500 });
  bench.engine.miss(bench.now);
  bench.engine.miss(bench.now);
  const { asked } = bench.heard();
  assert.deepEqual(asked, [{ kind: 'difference', pts: 10, qts: 1, date: 100 }]);
  const difference = { kind: 'whole', updates: [], rest: NOTHING, state: { ...ACCOUNT, pts: 11 } } as const;
  bench.engine.answered(asked[0]!, { kind: 'difference', difference }, bench.now);
  assert.deepEqual(bench.heard().asked, [{ kind: 'difference', pts: 12, qts: 1, date: 100 }]);
});

describe('an account', () => {
  it('that nothing is known of begins where the server stands', () => {
    const bench = new Bench();
    assert.equal(bench.engine.dueAt, Infinity, 'nothing is asked without a connection');
    bench.engine.opened(bench.now);
    const { said, asked } = bench.heard();
    assert.deepEqual([said, asked], [[], [{ kind: 'state' }]]);
    assert.equal(bench.engine.stored, undefined);
    bench.engine.answered(asked[0]!, { kind: 'state', state: ACCOUNT }, bench.now);
    bench.take(COMMON, 10);
    bench.take(COMMON, 11);
    assert.deepEqual(bench.heard().said, ['common 11']);
  });

  it('that is silent for fifteen minutes is asked whether something was missed, and not while it cannot be', () => {
    const bench = standing();
    bench.engine.closed();
    bench.pass(SILENCE_MS);
    assert.deepEqual(bench.heard().asked, []);
    bench.engine.opened(bench.now);
    assert.equal(bench.heard().asked.length, 1);
  });

  it('counts what has its own numbers apart', () => {
    const bench = standing();
    bench.take(QTS, 2);
    bench.take(SEQ, 3);
    bench.take(COMMON, 11);
    bench.take(COMMON, 11);
    bench.engine.take({ ...NOTHING, free: [piece('free')] }, bench.now);
    assert.deepEqual(bench.heard().said, ['qts 2', 'common 11', ' free']);
  });
});

describe('a channel', () => {
  const known = [{ channel: '7', pts: 100, accessHash: 49n }];

  function asked(bench: Bench): Asked & { kind: 'channel' } {
    const [one] = bench.heard().asked;
    assert.ok(one?.kind === 'channel');
    return one;
  }

  it('that nothing is known of begins with the first that is heard of it', () => {
    const bench = standing();
    bench.take('7', 105, 2);
    bench.take('7', 106);
    assert.deepEqual(bench.heard().said, ['7 105', '7 106']);
    assert.deepEqual(bench.engine.stored?.channels, [{ channel: '7', pts: 106, accessHash: undefined }]);
  });

  it('is asked for by its access hash, with a limit that is a user’s or a bot’s', () => {
    for (const [isBot, limit] of [
      [false, 100],
      [true, 100_000],
    ] as const) {
      const bench = standing(known, isBot);
      bench.engine.take({ ...NOTHING, longChannels: [{ channel: '7', pts: 140 }] }, bench.now);
      assert.deepEqual(asked(bench), { kind: 'channel', channel: '7', accessHash: 49n, pts: 100, limit });
    }
  });

  it('is not asked for what is known, or twice at once', () => {
    const bench = standing(known);
    bench.engine.take({ ...NOTHING, longChannels: [{ channel: '7', pts: 100 }] }, bench.now);
    assert.deepEqual(bench.heard().asked, []);
    for (let i = 0; i < 2; i++)
      bench.engine.take({ ...NOTHING, longChannels: [{ channel: '7', pts: undefined }] }, bench.now);
    assert.equal(bench.heard().asked.length, 1);
  });

  it('is asked for until the answer is the last', () => {
    const bench = standing(known);
    bench.take('7', 103);
    bench.pass(500);
    const first = asked(bench);
    const part = { kind: 'updates', pts: 101, isFinal: false, updates: [piece('a')], rest: NOTHING } as const;
    bench.engine.answered(first, { kind: 'channel', difference: part }, bench.now);
    const second = asked(bench);
    assert.equal(second.pts, 101);
    const last = { ...part, pts: 102, isFinal: true, updates: [piece('b')] };
    bench.engine.answered(second, { kind: 'channel', difference: last }, bench.now);
    assert.deepEqual(bench.heard(), { said: ['7 b fetched', '7 103', '7 gap end'], asked: [] });
  });

  it('of which too much is missing is said to be dropped, and goes on behind that', () => {
    const bench = standing(known);
    bench.take('7', 903);
    bench.pass(500);
    const tooLong = { kind: 'tooLong', pts: 902, isFinal: true, updates: [], rest: NOTHING } as const;
    bench.engine.answered(asked(bench), { kind: 'channel', difference: tooLong }, bench.now);
    assert.deepEqual(bench.heard().said, ['7 dropped channelDifferenceTooLong', '7 903', '7 gap end']);
  });

  it('that cannot be asked for is told with its gap', () => {
    const bench = standing();
    bench.take('7', 101);
    bench.take('7', 103);
    bench.pass(500);
    assert.deepEqual(bench.heard(), { said: ['7 101', '7 dropped noAccessHash', '7 103'], asked: [] });
    bench.take('7', 104, 1, { hashes: [{ channel: '7', accessHash: 5n }] });
    bench.take('7', 106);
    bench.pass(500);
    assert.equal(asked(bench).accessHash, 5n);
  });

  it('that the account has left is forgotten, and what waited is told', () => {
    const bench = standing(known);
    bench.take('7', 103);
    bench.pass(500);
    bench.engine.failed(asked(bench), { kind: 'closed' }, bench.now);
    assert.deepEqual(bench.engine.stored?.channels, []);
    assert.deepEqual(bench.heard().said, ['7 103', '7 gap end']);
  });

  it('is one of ten that are asked for at once', () => {
    const channels = Array.from({ length: 12 }, (_, i) => ({ channel: String(i), pts: 1, accessHash: 1n }));
    const bench = standing(channels);
    const longChannels = channels.map(({ channel }) => ({ channel, pts: undefined }));
    bench.engine.take({ ...NOTHING, longChannels }, bench.now);
    const first = bench.heard().asked;
    assert.equal(first.length, 10);
    bench.engine.failed(first[0]!, { kind: 'later', seconds: undefined }, bench.now);
    assert.equal(bench.heard().asked.length, 1);
  });
});
