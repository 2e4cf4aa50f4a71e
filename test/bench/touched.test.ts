/** Whom a soak's fault touches: lives and faults with made-up times. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, it } from 'node:test';
import type { Opening } from '../trials/soak/client.ts';
import { Lives } from '../trials/soak/lives.ts';
import { PAUSE_MS, Pauses } from '../trials/soak/pauses.ts';
import { AFTERMATH_MS, DUE_MS, SLACK_MS, Touched, type FaultSpan, type Life } from '../trials/soak/touched.ts';
import { Unknowns } from '../trials/soak/unknowns.ts';
import type { DcConnection } from '../../src/testdc/wire/dc-connection.ts';
import type { DcSession } from '../../src/testdc/protocol/dc-session.ts';
import type { KnownKey } from '../../src/testdc/keys/known-key.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';

const ANN = 'ann';
const BOB = 'bob';
const BOTH = new Set([ANN, BOB]);

function fault(user: string | undefined, from: number, until = from): FaultSpan {
  return { name: 'a fault', user, from, until };
}

function life(user: string, from: number, until: number): Life {
  return { user, from, until };
}

/** Which of the two was touched between two times. */
function touchedOf(lives: Life[], faults: FaultSpan[], from: number, until: number): string[] {
  const touched = new Touched({ lives, faults }, BOTH);
  return [ANN, BOB].filter((user) => touched.by({ user, from, until }) !== undefined);
}

describe('a fault on a connection with a key', () => {
  const stand = [life(ANN, 0, 99_000), life(BOB, 0, 99_000)];

  it('touches its user and nobody else', () => {
    assert.deepEqual(touchedOf(stand, [fault(ANN, 50_000)], 49_000, 51_000), [ANN]);
    assert.deepEqual(touchedOf(stand, [fault(BOB, 50_000)], 49_000, 51_000), [BOB]);
  });

  it('touches what was open when it was played, not what had ended', () => {
    assert.deepEqual(touchedOf(stand, [fault(ANN, 50_000)], 40_000, 50_000), [ANN]);
    assert.deepEqual(touchedOf(stand, [fault(ANN, 50_000)], 40_000, 49_999), []);
  });

  it('touches until its end and the aftermath', () => {
    const over = 60_000 + AFTERMATH_MS;
    assert.deepEqual(touchedOf(stand, [fault(ANN, 50_000, 60_000)], over, over + 1), [ANN]);
    assert.deepEqual(touchedOf(stand, [fault(ANN, 50_000, 60_000)], over + 1, over + 2), []);
  });
});

describe('a fault on a connection without a key', () => {
  it('touches whoever had no connection, and not who had one', () => {
    const lives = [life(ANN, 0, 99_000), life(BOB, 0, 49_000), life(BOB, 51_000, 99_000)];
    assert.deepEqual(touchedOf(lives, [fault(undefined, 50_000)], 45_000, 55_000), [BOB]);
  });

  it('touches nobody when all connections stand', () => {
    const lives = [life(ANN, 0, 99_000), life(BOB, 0, 99_000)];
    assert.deepEqual(touchedOf(lives, [fault(undefined, 50_000)], 45_000, 55_000), []);
  });

  it('may be of somebody whose connection ends just then, or begins after', () => {
    const lives = [life(ANN, 0, 50_000 + SLACK_MS - 1), life(BOB, 50_001, 99_000)];
    assert.deepEqual(touchedOf(lives, [fault(undefined, 50_000)], 45_000, 55_000), [ANN, BOB]);
  });

  it('touches nothing at other times', () => {
    assert.deepEqual(touchedOf([], [fault(undefined, 50_000)], 10_000, 20_000), []);
  });
});

describe('a fault that comes late', () => {
  const stay = { user: ANN, from: 10_000, until: 20_000 };

  function inTime(lives: Life[], at: number): boolean {
    return new Touched({ lives, faults: [fault(ANN, at)] }, BOTH).inTimeBy(stay) !== undefined;
  }

  it('is no reason for an answer that was long due', () => {
    const lives = [life(ANN, 0, 99_000)];
    assert.ok(inTime(lives, 10_000 + DUE_MS));
    assert.ok(!inTime(lives, 10_001 + DUE_MS));
    assert.notEqual(new Touched({ lives, faults: [fault(ANN, 19_000)] }, BOTH).by(stay), undefined);
  });

  it('may be one for a request that waited for a connection', () => {
    const lives = [life(ANN, 0, 9_000), life(ANN, 14_000, 99_000)];
    assert.ok(inTime(lives, 14_000 + DUE_MS));
    assert.ok(!inTime(lives, 14_001 + DUE_MS));
    assert.ok(inTime([], 20_000));
  });
});

describe('a client that never learned its account', () => {
  const nameless = { user: undefined, from: 45_000, until: 55_000 };

  it('is touched by faults of users nobody knows to be theirs, and by those on connections without a key', () => {
    for (const user of ['nobody', undefined]) {
      const touched = new Touched({ lives: [], faults: [fault(user, 50_000)] }, BOTH);
      assert.notEqual(touched.by(nameless), undefined);
    }
  });

  it('is not touched by those of others', () => {
    const touched = new Touched({ lives: [], faults: [fault(ANN, 50_000)] }, BOTH);
    assert.equal(touched.by(nameless), undefined);
  });
});

describe('the share without a fault', () => {
  it('leaves out each time once, however many faults there were', () => {
    const faults = [fault(ANN, 10_000, 20_000), fault(ANN, 15_000, 18_000), fault(BOB, 0, 100_000)];
    const touched = new Touched({ lives: [], faults }, BOTH);
    assert.equal(touched.freeShare([{ user: ANN, from: 0, until: 100_000 }]), 0.9 - AFTERMATH_MS / 100_000);
    assert.equal(touched.freeShare([{ user: BOB, from: 0, until: 100_000 }]), 0);
  });
});

/** A DC of which only what `Lives` looks at is there. */
class Stage extends EventEmitter {
  readonly taps: TestDc['taps'] = {};
  clock = 0;
  readonly lives = new Lives(this as unknown as TestDc, () => this.clock);

  connect(at: number): DcConnection {
    this.clock = at;
    const connection = {} as DcConnection;
    this.emit('connection', connection);
    return connection;
  }

  disconnect(connection: DcConnection, at: number): void {
    this.clock = at;
    this.emit('disconnection', connection);
  }

  /** A packet under a key, or one of a key exchange. */
  packet(connection: DcConnection, key?: KnownKey): void {
    const bytes = Buffer.alloc(24);
    if (key !== undefined) bytes.writeBigInt64LE(key.id);
    this.taps.incoming!(connection, bytes);
  }

  /** The key exchange on a connection ends well. */
  key(connection: DcConnection, id: bigint, user?: string): KnownKey {
    const key = { id, isTemporary: user === undefined } as KnownKey;
    this.packet(connection);
    if (user !== undefined) this.lives.signedIn(key, user);
    this.emit('key', key);
    return key;
  }

  play(name: string, at: number, connection: DcConnection | undefined, session?: DcSession): void {
    this.clock = at;
    this.lives.played({ name, connection, session });
  }

  session(key: KnownKey, at: number): DcSession {
    this.clock = at;
    const session = { key } as DcSession;
    this.emit('session', session);
    return session;
  }

  seen(at: number): ReturnType<Lives['seen']> {
    this.clock = at;
    return this.lives.seen();
  }
}

describe('the book of lives', () => {
  it('gives a connection to whose key was made on it, from its beginning', () => {
    const stage = new Stage();
    const connection = stage.connect(10);
    stage.play('cut.up.stall', 11, connection);
    stage.key(connection, 7n, ANN);
    stage.disconnect(connection, 30);
    const { lives, faults } = stage.seen(99);
    assert.deepEqual(lives, [life(ANN, 10, 30)]);
    assert.deepEqual(faults, [{ name: 'cut.up.stall', from: 11, until: 30, user: ANN }]);
  });

  it('gives one to whose temporary key spoke on it, though it was bound later, and the packet was lost', () => {
    const stage = new Stage();
    const permanent = stage.key(stage.connect(0), 7n, ANN);
    const temporary = stage.key(stage.connect(1), 8n);
    const connection = stage.connect(2);
    stage.packet(connection, temporary);
    stage.play('packet.lost-up', 3, connection);
    assert.equal(stage.seen(4).faults[0]!.user, undefined);
    temporary.boundTo = permanent;
    assert.deepEqual(stage.seen(5).faults, [{ name: 'packet.lost-up', from: 3, until: 3, user: ANN }]);
  });

  it('gives one that shows no key, or one that nobody knows, to nobody', () => {
    const stage = new Stage();
    const connection = stage.connect(1);
    stage.packet(connection);
    stage.packet(connection, { id: 5n } as KnownKey);
    stage.play('connect.silent', 2, connection);
    stage.disconnect(connection, 6);
    const { lives, faults } = stage.seen(99);
    assert.deepEqual(lives, []);
    assert.deepEqual(faults, [{ name: 'connect.silent', from: 2, until: 6, user: undefined }]);
  });

  it('lets a fault of a session last until the next of its user, and a forgotten key for good', () => {
    const stage = new Stage();
    const connection = stage.connect(0);
    const key = stage.key(connection, 7n, ANN);
    const other = stage.key(stage.connect(0), 9n, BOB);
    stage.play('clock.skew', 10, undefined, stage.session(key, 10));
    stage.session(other, 20);
    stage.session(key, 40);
    stage.play('transport.404-twice', 41, connection);
    stage.disconnect(connection, 42);
    const spans = stage.seen(99).faults.map(({ name, from, until }) => [name, from, until]);
    assert.deepEqual(spans, [
      ['clock.skew', 10, 40],
      ['transport.404-twice', 41, 99],
    ]);
  });

  it('lets a fault of a session under a key that came to nothing end with its connection', () => {
    const stage = new Stage();
    const connection = stage.connect(0);
    const temporary = stage.key(connection, 8n);
    stage.play('clock.skew', 10, undefined, stage.session(temporary, 10));
    stage.disconnect(connection, 12);
    assert.deepEqual(stage.seen(99).faults, [{ name: 'clock.skew', from: 10, until: 12, user: undefined }]);
  });
});

describe('outcomes nobody can be sure of', () => {
  const LINE = { id: 1, message: { _cons: 'rpc_timeout' }, delivered: 'unknown' };
  const faults = [fault(ANN, 50_000)];

  it('are judged by the account that was learned after them', () => {
    const openings: Opening[] = [
      { from: 0, until: undefined, user: undefined },
      { from: 0, until: undefined, user: BOB },
    ];
    const unknowns = new Unknowns();
    unknowns.add(0, openings[0]!, 49_000, 51_000, LINE);
    unknowns.add(1, openings[1]!, 49_000, 51_000, LINE);
    openings[0]!.user = ANN;
    const figures = unknowns.judged({ lives: [life(BOB, 0, 99_000)], faults }, openings, [], 99_000);
    assert.equal(figures.withoutFault, 1);
    assert.equal(figures.nameless, 0);
    assert.match(
      figures.described.join('\n'),
      /^without a fault: client 1, user bob, .*rpc_timeout.*last faults: none$/,
    );
  });

  it('are named apart when the fault came late', () => {
    const opening: Opening = { from: 0, until: undefined, user: ANN };
    const unknowns = new Unknowns();
    unknowns.add(0, opening, 45_000, 55_000, LINE);
    const figures = unknowns.judged({ lives: [life(ANN, 0, 99_000)], faults }, [opening], [], 99_000);
    assert.deepEqual([figures.withoutFault, figures.late], [0, 1]);
    assert.match(figures.described.join('\n'), /^a fault, but late: client 0, user ann/);
  });

  it('are told apart when the soak itself stood still meanwhile', () => {
    const opening: Opening = { from: 0, until: undefined, user: BOB };
    const unknowns = new Unknowns();
    unknowns.add(0, opening, 10_000, 20_000, LINE);
    unknowns.add(0, opening, 30_000, 40_000, LINE);
    const figures = unknowns.judged({ lives: [], faults }, [opening], [{ from: 19_000, until: 22_000 }], 99_000);
    assert.deepEqual([figures.withoutFault, figures.paused], [2, 1]);
  });
});

describe('pauses', () => {
  it('are looks too far apart', () => {
    const pauses = new Pauses();
    for (const at of [0, 50, 50 + PAUSE_MS, 100 + PAUSE_MS, 99 + 2 * PAUSE_MS]) pauses.look(at);
    assert.deepEqual(pauses.list, [{ from: 50, until: 50 + PAUSE_MS }]);
  });
});
