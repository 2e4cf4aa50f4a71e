/** Who has which stored session: claims, takeovers, ends (with a vault in memory). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { In, NamedFlag, NameOp } from '../../../src/batch/records.ts';
import { MemoryStore } from '../../support/memory-vault.ts';
import { type FakeRoute, Fixture, settled } from '../../support/registry-fixture.ts';

describe('names', () => {
  it('are one connection’s, until it has given them up', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.route(), fixture.route()];
    assert.equal(await fixture.request(one, NameOp.ATTACH), 'granted:');
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'SessionInUse');
    fixture.store(one, 'urgent', 'a');
    assert.ok(one.isCorked, 'nothing is said before it is on the disk');
    assert.equal(await fixture.stored(), 'a');
    assert.ok(!one.isCorked);
    fixture.store(one, 'last', 'b');
    fixture.registry.gone(one);
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted clean:b');
  });

  it('whose owner was lost without a word are not clean', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    fixture.store(one, 'urgent', 'a');
    fixture.store(one, 'later', 'newer');
    await settled();
    fixture.registry.gone(one);
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted:newer');
  });

  it('are granted again to a thread that has lost the answer', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    fixture.store(one, 'last', 'a');
    const two = fixture.route();
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted clean:a');
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted clean:a');
    assert.equal(two.said.length, 2);
  });

  it('are given back as they were if the lane cannot use them', async () => {
    const fixture = new Fixture();
    const [one, two, three] = [fixture.route(), fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    fixture.store(one, 'last', 'a');
    await fixture.request(two, NameOp.ATTACH);
    fixture.registry.request(two, NameOp.RELEASE, 0, 'me');
    assert.equal(await fixture.request(three, NameOp.ATTACH), 'granted clean:a');
  });

  it('that something is kept under are not new', async () => {
    const fixture = new Fixture();
    const [one, two, three] = [fixture.route(), fixture.route(), fixture.route()];
    assert.equal(await fixture.request(one, NameOp.NEW), 'granted:');
    fixture.store(one, 'explicit', 'a', 7);
    await settled();
    assert.deepEqual(one.said.at(-1), { kind: In.NAMED, flags: NameOp.STORE, ticket: 7, bytes: Buffer.alloc(0) });
    fixture.store(one, 'last', 'a');
    assert.equal(await fixture.request(two, NameOp.NEW), 'InvalidSession');
    assert.equal(await fixture.request(three, NameOp.ATTACH), 'granted clean:a');
  });

  it('of clients that left while they were being claimed are free again', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.route(), fixture.route()];
    fixture.vault.hold();
    fixture.registry.request(one, NameOp.ATTACH, 1, 'me');
    await settled();
    fixture.registry.gone(one);
    fixture.vault.go();
    await settled();
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted:');
    assert.equal(one.last, 'nothing');
  });
});

describe('takeover', () => {
  it('goes through the owner, in memory', async () => {
    const fixture = new Fixture();
    const [one, two, three] = [fixture.route(), fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    fixture.store(one, 'urgent', 'a');
    assert.equal(await fixture.request(two, NameOp.TAKEOVER), 'nothing');
    assert.ok(one.isAskedToLeave);
    assert.equal(await fixture.request(three, NameOp.TAKEOVER), 'SessionInUse', 'one at a time');
    fixture.store(one, 'last', 'b');
    assert.equal(two.last, 'granted clean:b');
    assert.equal(await fixture.stored(), 'b', 'and it is on the disk, should the process end now');
    fixture.registry.gone(one);
    assert.equal(await fixture.request(three, NameOp.ATTACH), 'SessionInUse');
  });

  it('is asked for again when the owner’s thread was lost', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    await fixture.request(two, NameOp.TAKEOVER);
    one.said.length = 0;
    fixture.registry.resumed(one);
    assert.ok(one.isAskedToLeave);
  });

  it('is told that it was in vain when another process gets the name, or the owner cannot give it up', async () => {
    const store = new MemoryStore();
    const [here, there] = [new Fixture(store), new Fixture(store)];
    const [one, two, three] = [here.route(), here.route(), there.route()];
    await here.request(one, NameOp.ATTACH);
    assert.equal(await here.request(two, NameOp.TAKEOVER), 'nothing');
    there.registry.request(three, NameOp.TAKEOVER, 2, 'me');
    await settled();
    here.store(one, 'last', 'a');
    assert.equal(two.last, 'SessionInUse');
    const alone = new Fixture();
    const [owner, heir] = [alone.route(), alone.route()];
    await alone.request(owner, NameOp.ATTACH);
    assert.equal(await alone.request(heir, NameOp.TAKEOVER), 'nothing');
    alone.registry.gone(owner);
    assert.equal(heir.last, 'SessionInUse');
  });

  it('goes to another process', async () => {
    const store = new MemoryStore();
    const [here, there] = [new Fixture(store), new Fixture(store)];
    const [one, two] = [here.route(), there.route()];
    await here.request(one, NameOp.ATTACH);
    here.store(one, 'urgent', 'a');
    await settled();
    assert.equal(await there.request(two, NameOp.ATTACH), 'SessionInUse');
    there.registry.request(two, NameOp.TAKEOVER, 2, 'me');
    await settled();
    assert.ok(one.isAskedToLeave);
    here.store(one, 'last', 'b');
    await settled();
    assert.equal(two.last, 'SessionInUse', 'looked at twenty times a second');
    there.env.advance(50);
    await settled();
    assert.equal(two.last, 'granted clean:b');
  });

  it('from another process that does not give it up asks again every two seconds, and ends after fifteen', async () => {
    const store = new MemoryStore();
    const [here, there] = [new Fixture(store), new Fixture(store)];
    const [one, two] = [here.route(), there.route()];
    await here.request(one, NameOp.ATTACH);
    there.registry.request(two, NameOp.TAKEOVER, 2, 'me');
    await settled();
    for (let waited = 50; waited < 15_000; waited += 50) {
      there.env.advance(50);
      await settled();
      assert.equal(two.last, 'nothing');
      assert.equal(one.said.filter(({ kind }) => kind === In.LEAVE).length, Math.floor(waited / 2_000) + 1);
    }
    there.env.advance(50);
    await settled();
    assert.equal(two.last, 'SessionInUse');
    assert.equal(there.env.timers, 0);
  });
});

describe('secrets', () => {
  const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

  it('of a record are zeroed where they stood, whoever said it', async () => {
    const fixture = new Fixture();
    const [one, nobody] = [fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    for (const route of [one, nobody]) {
      const bytes = Buffer.from('a key');
      fixture.registry.store(route, 'urgent', 0, bytes);
      assert.ok(isZero(bytes));
    }
    assert.equal(await fixture.stored(), 'a key');
  });

  it('of a record that was handed over are zeroed when its owner has said a newer one', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    fixture.store(one, 'last', 'a key');
    await settled();
    const claim = fixture.vault.claim.bind(fixture.vault);
    const claimed: Uint8Array[] = [];
    fixture.vault.claim = async (name) => {
      const found = await claim(name);
      if (found?.record !== undefined) claimed.push(found.record);
      return found;
    };
    const { given } = two.lane;
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted clean:a key');
    assert.deepEqual([claimed.length, isZero(claimed[0]!)], [1, true], 'the copy of the vault is needed no longer');
    assert.equal(Buffer.from(given[0]!).toString(), 'a key');
    fixture.store(two, 'urgent', 'another key');
    assert.ok(isZero(given[0]!));
  });
});

describe('an end', () => {
  it('by forget removes the record, and another may have the name', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    fixture.store(one, 'urgent', 'a');
    fixture.store(one, 'later', 'b');
    assert.equal(await fixture.request(one, NameOp.FORGET, 'me', 2), 'granted:');
    assert.equal(await fixture.stored(), undefined);
    assert.equal(
      await fixture.request(one, NameOp.FORGET, 'me', 2),
      'granted:',
      'a thread that lost the answer asks again',
    );
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted:');
  });

  it('by a log-out removes the record, before that is told, and the name stays', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    fixture.store(one, 'urgent', 'a');
    fixture.registry.request(one, NameOp.LOGGED_OUT, 0, 'me');
    assert.ok(one.isCorked);
    assert.equal(await fixture.stored(), undefined);
    assert.ok(!one.isCorked);
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'SessionInUse');
    fixture.store(one, 'urgent', 'second login');
    assert.equal(await fixture.stored(), 'second login');
  });

  it('of the process waits for what is being written', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    fixture.vault.hold();
    fixture.store(one, 'last', 'a');
    const stopped = fixture.registry.stop(2_000);
    await settled();
    assert.equal(fixture.vault.read('me'), undefined);
    fixture.vault.go();
    await stopped;
    assert.equal(await fixture.stored(), 'a');
    assert.equal(fixture.env.timers, 0);
  });

  it('of the process waits no longer than it may', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    fixture.vault.hold();
    fixture.store(one, 'last', 'a');
    let isStopped = false;
    void fixture.registry.stop(2_000).then(() => (isStopped = true));
    fixture.env.advance(1_999);
    await settled();
    assert.equal(isStopped, false);
    fixture.env.advance(1);
    await settled();
    assert.equal(isStopped, true);
  });
});

describe('whatever the order', () => {
  /** What a lane would do: an owner that is asked to leave leaves, a granted one keeps. */
  type Step = { client: number; act: 'attach' | 'takeover' | 'close' | 'forget' | 'keep' | 'pass' };
  const step: fc.Arbitrary<Step> = fc.record({
    client: fc.integer({ min: 0, max: 3 }),
    act: fc.constantFrom('attach', 'takeover', 'close', 'forget', 'keep', 'pass'),
  });

  /** A client with its lane's half: it owns from the grant until it has said its last. */
  class Player {
    readonly route: FakeRoute;
    readonly fixture: Fixture;
    owns = false;
    ticket = 0;
    #read = 0;

    constructor(fixture: Fixture) {
      this.fixture = fixture;
      this.route = fixture.route();
    }

    /** Takes what was put to its lane. */
    run(): void {
      for (; this.#read < this.route.said.length; this.#read++) {
        const { kind, flags } = this.route.said[this.#read]!;
        const op = flags & NamedFlag.OP;
        const isAttach = op === NameOp.ATTACH || op === NameOp.TAKEOVER;
        if (this.route.isClosing) continue;
        if (kind === In.NAMED && isAttach && (flags & NamedFlag.REFUSED) === 0) this.owns = true;
        if (kind === In.LEAVE && this.owns) this.leave();
      }
    }

    leave(): void {
      this.owns = false;
      this.fixture.store(this.route, 'last', 'last');
    }

    act(act: Step['act']): void {
      if (act === 'attach' && !this.owns) this.fixture.registry.request(this.route, NameOp.ATTACH, ++this.ticket, 'me');
      if (act === 'takeover' && !this.owns)
        this.fixture.registry.request(this.route, NameOp.TAKEOVER, ++this.ticket, 'me');
      if (act === 'keep' && this.owns) this.fixture.store(this.route, 'urgent', 'kept');
      if (act === 'close') {
        this.route.isClosing = true;
        if (this.owns) this.leave();
        this.fixture.registry.gone(this.route);
      }
    }
  }

  it('a name has at most one owner, and is free when all have gone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const fixture = new Fixture();
        const players = Array.from({ length: 4 }, () => new Player(fixture));
        const check = (): void => {
          for (const player of players) player.run();
          assert.ok(players.filter(({ owns }) => owns).length <= 1);
        };
        for (const { client, act } of steps) {
          if (players[client]!.route.isClosing) players[client] = new Player(fixture);
          players[client]!.act(act);
          check();
          if (act === 'pass') await settled();
          check();
        }
        for (const player of players) if (!player.route.isClosing) player.act('close');
        for (let i = 0; i < 5; i++) {
          await settled();
          check();
        }
        assert.equal(
          await fixture.request(fixture.route(), NameOp.ATTACH).then((last) => last.startsWith('granted')),
          true,
        );
      }),
      { numRuns: 300 },
    );
  });
});
