/** The engine against a model of the server, with a clock that the tests own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { Dice } from '../../src/testdc/faults/dice.ts';
import type { Asked } from '../../src/updates/difference.ts';
import { Engine, SILENCE_MS, type StoredBoxes } from '../../src/updates/engine.ts';
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
