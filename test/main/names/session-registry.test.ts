/** Who has which stored session: claims, takeovers, ends (with a vault in memory). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { In, NamedFlag, NameOp } from '../../../src/batch/records.ts';
import { MemoryStore } from '../../support/memory-vault.ts';
import { fault, type FakeSession, Fixture, settled } from '../../support/registry-fixture.ts';

describe('names', () => {
  it('are one session’s, until it has given them up', async () => {
    const fixture = new Fixture();
    const [one, two, three] = [fixture.session(), fixture.session(), fixture.session()];
    assert.equal(await fixture.claim(one), 'granted:');
    assert.equal(await fixture.claim(two), 'SessionInUse');
    assert.deepEqual([one.isNamed, two.isNamed], [true, false], 'nobody finds it who has not got it');
    fixture.store(one, 'urgent', 'a');
    assert.ok(one.isCorked, 'nothing is said before it is on the disk');
    assert.equal(await fixture.stored(), 'a');
    assert.ok(!one.isCorked);
    fixture.store(one, 'last', 'b');
    assert.equal(one.isNamed, false);
    fixture.registry.gone(one);
    assert.equal(await fixture.claim(three), 'granted clean:b');
  });

  it('whose last record is being written are waited for', async () => {
    const fixture = new Fixture();
    const [one, two] = [await fixture.named(), fixture.session()];
    fixture.vault.hold();
    fixture.store(one, 'last', 'a');
    assert.equal(await fixture.claim(two), 'nothing');
    fixture.vault.go();
    await settled();
    assert.equal(two.last, 'granted clean:a');
  });

  it('of a session that ends are waited for, whatever it still has to say', async () => {
    const fixture = new Fixture();
    const [one, two, three] = [await fixture.named(), fixture.session(), fixture.session()];
    one.isClosing = true;
    assert.equal(await fixture.claim(two), 'nothing');
    fixture.store(one, 'last', 'a');
    await settled();
    assert.equal(two.last, 'granted clean:a');
    two.isClosing = true;
    assert.equal(await fixture.claim(three), 'nothing');
    fixture.registry.gone(two);
    await settled();
    assert.equal(three.last, 'granted clean:a');
  });

  it('of sessions that ended while they were being claimed are waited for, too', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.session(), fixture.session()];
    fixture.vault.hold();
    assert.equal(await fixture.claim(one), 'nothing');
    fixture.registry.gone(one);
    assert.equal(await fixture.claim(two), 'nothing');
    fixture.vault.go();
    await settled();
    assert.deepEqual([one.last, two.last], ['nothing', 'granted:']);
  });

  it('whose last record cannot be written are not to be had', async () => {
    const fixture = new Fixture();
    const [one, two] = [await fixture.named(), fixture.session()];
    fixture.vault.failure = fault;
    fixture.store(one, 'urgent', 'a');
    await settled();
    fixture.store(one, 'last', 'b');
    assert.equal(await fixture.claim(two), 'SessionInUse');
  });

  it('are not granted to a session that has ended while it waited for them', async () => {
    const fixture = new Fixture();
    const [one, two, three] = [await fixture.named(), fixture.session(), fixture.session()];
    fixture.vault.hold();
    fixture.store(one, 'last', 'a');
    assert.equal(await fixture.claim(two), 'nothing');
    two.isClosing = true;
    fixture.vault.go();
    await settled();
    assert.equal(two.last, 'nothing');
    assert.equal(await fixture.claim(three), 'granted clean:a');
  });

  it('whose owner was lost without a word are not clean', async () => {
    const fixture = new Fixture();
    const [one, two] = [await fixture.named(), fixture.session()];
    fixture.store(one, 'urgent', 'a');
    fixture.store(one, 'later', 'newer');
    await settled();
    fixture.registry.gone(one);
    assert.equal(await fixture.claim(two), 'granted:newer');
  });

  it('are granted again to a thread that has lost the answer', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.store(one, 'last', 'a');
    const two = fixture.session();
    assert.equal(await fixture.claim(two), 'granted clean:a');
    fixture.registry.resumed(two);
    assert.equal(two.last, 'granted clean:a');
    assert.equal(two.said.length, 2);
  });

  it('are refused again to a thread that has lost the refusal, and not told of before they are had', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.session(), fixture.session()];
    fixture.vault.hold();
    await fixture.claim(one);
    fixture.registry.resumed(one);
    assert.equal(one.last, 'nothing');
    fixture.vault.go();
    assert.equal(await fixture.claim(two), 'SessionInUse');
    fixture.registry.resumed(two);
    assert.deepEqual([two.last, two.said.length], ['SessionInUse', 2]);
  });

  it('whose thread is lost while the last owner is waited for are granted all the same, once', async () => {
    const fixture = new Fixture();
    const [one, two] = [await fixture.named(), fixture.session()];
    fixture.vault.hold();
    fixture.store(one, 'last', 'a');
    await fixture.claim(two);
    assert.equal(fixture.registry.isClaiming(two), true);
    fixture.registry.resumed(two);
    assert.equal(two.last, 'nothing');
    fixture.vault.go();
    await settled();
    assert.deepEqual([two.last, two.said.length, two.isNamed], ['granted clean:a', 1, true]);
    assert.equal(fixture.registry.isClaiming(two), false);
  });

  it('of residents that are forgotten are no residents’ any more', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    one.isResident = true;
    fixture.store(one, 'urgent', 'a');
    await settled();
    await fixture.request(one, NameOp.FORGET);
    assert.deepEqual([one.isResident, one.isNamed], [false, false]);
  });

  it('are given back as they were if the lane cannot use them', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.store(one, 'last', 'a');
    const two = await fixture.named();
    await fixture.request(two, NameOp.RELEASE, 0);
    assert.equal(two.isNamed, false);
    assert.equal(await fixture.claim(fixture.session()), 'granted clean:a');
  });

  it('are stored when a client asks for that, who is told so', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.store(one, 'explicit', 'a', 7);
    assert.equal(await fixture.stored(), 'a');
    assert.deepEqual(one.said.at(-1), {
      kind: In.NAMED,
      flags: NameOp.STORE,
      session: one.session,
      ticket: 7,
      bytes: Buffer.alloc(0),
    });
  });

  it('of sessions that ended while they were being claimed are free again', async () => {
    const fixture = new Fixture();
    const one = fixture.session();
    fixture.vault.hold();
    await fixture.claim(one);
    fixture.registry.gone(one);
    fixture.vault.go();
    await settled();
    assert.equal(await fixture.claim(fixture.session()), 'granted:');
    assert.equal(one.last, 'nothing');
  });

  it('that are being claimed are said to be', async () => {
    const fixture = new Fixture();
    const one = fixture.session();
    fixture.vault.hold();
    await fixture.claim(one);
    assert.equal(fixture.registry.isClaiming(one), true);
    fixture.vault.go();
    await settled();
    assert.equal(fixture.registry.isClaiming(one), false);
  });
});

/** Time passes in steps of fifty milliseconds, and what it brings about ends. */
async function passed(env: Fixture['env'], ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 50) {
    env.advance(50);
    await settled();
  }
}

describe('a client that names thousands', () => {
  const HUNDREDS = 300;

  /** A registry in which client 1 claims hundreds of names, none of which the vault has answered yet. */
  async function flooded() {
    const fixture = new Fixture();
    fixture.vault.hold();
    const many = Array.from({ length: HUNDREDS }, () => fixture.session());
    for (const [i, one] of many.entries()) void fixture.registry.claim(one, `q${i}`, false, 1);
    await settled();
    return { fixture, many, granted: () => many.filter(({ last }) => last !== 'nothing').length };
  }

  it('lets others have theirs as soon as the vault has answered what it was asked before', async () => {
    const { fixture, many, granted } = await flooded();
    assert.ok(fixture.vault.held < HUNDREDS, 'the vault is not asked for all of them at once');
    const other = fixture.session();
    assert.equal(await fixture.claim(other, 'me', false, 2), 'nothing');
    let before = 0;
    other.lane.named = () => void (before = granted());
    fixture.vault.go();
    await settled();
    assert.ok(before < HUNDREDS / 2, `${before} of ${HUNDREDS} were before it`);
    assert.deepEqual([granted(), many.at(-1)!.last], [HUNDREDS, 'granted:'], 'and has all of its own');
  });

  it('and is gone before its turn does not have the vault asked', async () => {
    const { fixture, many } = await flooded();
    const asked = fixture.vault.held;
    let claims = 0;
    const { vault } = fixture;
    const claim = vault.claim.bind(vault);
    vault.claim = (name) => {
      claims++;
      return claim(name);
    };
    for (const one of many) fixture.registry.gone(one);
    vault.go();
    await settled();
    assert.deepEqual([claims, asked < HUNDREDS], [0, true]);
    assert.equal(await fixture.claim(fixture.session(), 'q299'), 'granted:', 'the name is nobody’s');
  });
});

describe('takeover', () => {
  /** Two processes over one vault: a session here that has the name, and one there that wants it. */
  async function processes() {
    const store = new MemoryStore();
    const [here, there] = [new Fixture(store), new Fixture(store)];
    return { here, there, one: await here.named(), two: there.session() };
  }

  it('is asked for again when the owner’s thread was lost', async () => {
    const { here, there, one, two } = await processes();
    await there.claim(two, 'me', true);
    one.said.length = 0;
    here.registry.resumed(one);
    assert.ok(one.isAskedToLeave);
  });

  it('goes to another process', async () => {
    const { here, there, one, two } = await processes();
    here.store(one, 'urgent', 'a');
    await settled();
    assert.equal(await there.claim(two, 'me', true), 'nothing');
    assert.ok(one.isAskedToLeave);
    here.store(one, 'last', 'b');
    await settled();
    assert.equal(two.last, 'nothing', 'looked at twenty times a second');
    there.env.advance(50);
    await settled();
    assert.equal(two.last, 'granted clean:b');
  });

  it('joins a claim that is under way', async () => {
    const { here, there, one, two } = await processes();
    there.vault.hold();
    await there.claim(two);
    there.registry.takeOver(two);
    there.vault.go();
    await settled();
    assert.ok(one.isAskedToLeave);
    here.store(one, 'last', 'b');
    await settled();
    there.env.advance(50);
    await settled();
    assert.equal(two.last, 'granted clean:b');
    there.registry.takeOver(two);
    assert.equal(there.registry.isClaiming(two), false, 'nothing is claimed any more');
  });

  it('is not asked of a session that is only about to have the name', async () => {
    const store = new MemoryStore();
    const [here, there] = [new Fixture(store), new Fixture(store)];
    const [one, two] = [here.session(), there.session()];
    here.vault.hold();
    await here.claim(one);
    await there.claim(two, 'me', true);
    here.vault.asked?.('me', false);
    assert.equal(one.said.length, 0);
    here.vault.go();
    await settled();
    await passed(here.env, 1_000);
    assert.deepEqual([one.last, two.last], ['SessionInUse', 'granted:']);
  });

  it('without being asked for: what nobody uses there is given up, a second is waited for that', async () => {
    const { here, there, one, two } = await processes();
    here.store(one, 'urgent', 'a');
    await settled();
    await there.claim(two);
    await passed(there.env, 950);
    assert.equal(two.last, 'nothing');
    await passed(there.env, 50);
    assert.deepEqual([two.last, one.isAskedToLeave], ['SessionInUse', false], 'somebody is there');
    const resident = there.session();
    resident.isResident = true;
    assert.equal(await there.claim(resident), 'SessionInUse', 'it is one there too, and that is known at once');
    one.isIdle = true;
    const three = there.session();
    await there.claim(three);
    assert.ok(one.isAskedToLeave);
    here.store(one, 'last', 'b');
    await passed(there.env, 100);
    assert.equal(three.last, 'granted clean:b');
    assert.equal(there.env.timers, 0);
  });

  it('from another process that does not give it up asks again every two seconds, and ends after fifteen', async () => {
    const { there, one, two } = await processes();
    await there.claim(two, 'me', true);
    for (let waited = 50; waited < 15_000; waited += 50) {
      there.env.advance(50);
      await settled();
      assert.equal(two.last, 'nothing');
      assert.equal(one.said.filter(({ kind }) => kind === In.LEAVE).length, Math.floor(waited / 2_000) + 1);
    }
    there.env.advance(50);
    await settled();
    assert.equal(two.last, 'SessionInUse not-given-up');
    assert.equal(there.env.timers, 0);
    assert.deepEqual(there.vault.withdrawn, ['me']);
  });

  it('is asked for no longer when the session that wants it has ended', async () => {
    const { there, one, two } = await processes();
    await there.claim(two, 'me', true);
    there.registry.gone(two);
    for (let waited = 0; waited < 5_000; waited += 50) {
      there.env.advance(50);
      await settled();
    }
    assert.equal(one.said.filter(({ kind }) => kind === In.LEAVE).length, 1);
    assert.deepEqual([two.last, there.env.timers], ['nothing', 0]);
  });
});

describe('secrets', () => {
  const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

  it('of a record are zeroed where they stood, whoever said it', async () => {
    const fixture = new Fixture();
    const [one, nobody] = [await fixture.named(), fixture.session()];
    for (const session of [one, nobody]) {
      const bytes = Buffer.from('a key');
      fixture.registry.store(session, 'urgent', 0, bytes);
      assert.ok(isZero(bytes));
    }
    assert.equal(await fixture.stored(), 'a key');
  });

  it('of a record that was handed over are zeroed when its owner has said a newer one', async () => {
    const fixture = new Fixture();
    const [one, two] = [await fixture.named(), fixture.session()];
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
    assert.equal(await fixture.claim(two), 'granted clean:a key');
    assert.deepEqual([claimed.length, isZero(claimed[0]!)], [1, true], 'the copy of the vault is needed no longer');
    assert.equal(Buffer.from(given[0]!).toString(), 'a key');
    fixture.store(two, 'urgent', 'another key');
    assert.ok(isZero(given[0]!));
  });
});

describe('an end', () => {
  it('by forget removes the record, and another may have the name', async () => {
    const fixture = new Fixture();
    const [one, two] = [await fixture.named(), fixture.session()];
    fixture.store(one, 'urgent', 'a');
    fixture.store(one, 'later', 'b');
    assert.equal(await fixture.request(one, NameOp.FORGET, 2), 'granted:');
    assert.equal(await fixture.stored(), undefined);
    assert.equal(one.isNamed, false);
    const again = await fixture.request(one, NameOp.FORGET, 2);
    assert.equal(again, 'granted:', 'a thread that lost the answer asks again');
    assert.equal(await fixture.claim(two), 'granted:');
  });

  it('by forget that fails leaves the name where it is', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
    fixture.store(one, 'urgent', 'a');
    await settled();
    fixture.vault.failure = fault;
    assert.equal(await fixture.request(one, NameOp.FORGET, 2), 'VaultWriteFailed ENOSPC');
    assert.equal(one.isNamed, true);
    assert.equal(await fixture.claim(fixture.session()), 'SessionInUse');
  });

  /** A session with a record, whose process another one has taken for dead: that has the name. */
  async function robbed(): Promise<{ fixture: Fixture; one: FakeSession; two: FakeSession; other: Fixture }> {
    const store = new MemoryStore();
    const [fixture, other] = [new Fixture(store), new Fixture(store)];
    const one = await fixture.named();
    fixture.store(one, 'urgent', 'a');
    await settled();
    fixture.vault.die();
    return { fixture, one, two: await other.named(), other };
  }

  it('by forget of what another process has by now says so, as long as that is so', async () => {
    const { fixture, one, two, other } = await robbed();
    assert.equal(await fixture.request(one, NameOp.FORGET, 2), 'SessionInUse');
    assert.equal(await fixture.stored(), 'a');
    other.registry.gone(two);
    await settled();
    assert.equal(await fixture.request(one, NameOp.FORGET, 2), 'granted:');
    assert.equal(await fixture.stored(), undefined);
  });

  it('by a log-out of what another process has by now is told as a write that has failed', async () => {
    const { fixture, one } = await robbed();
    fixture.registry.request(one, NameOp.LOGGED_OUT, 0);
    await settled();
    assert.deepEqual([one.notices, one.isCorked], [['VaultWriteFailed undefined'], false]);
    assert.equal(await fixture.stored(), 'a');
  });

  it('by a log-out removes the record, before that is told, and the name stays', async () => {
    const fixture = new Fixture();
    const [one, two] = [await fixture.named(), fixture.session()];
    fixture.store(one, 'urgent', 'a');
    fixture.registry.request(one, NameOp.LOGGED_OUT, 0);
    assert.ok(one.isCorked);
    assert.equal(await fixture.stored(), undefined);
    assert.ok(!one.isCorked);
    assert.equal(await fixture.claim(two), 'SessionInUse');
    fixture.store(one, 'urgent', 'second login');
    assert.equal(await fixture.stored(), 'second login');
  });

  it('of the process waits for what is being written', async () => {
    const fixture = new Fixture();
    const one = await fixture.named();
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
    const one = await fixture.named();
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
  const ACTS = ['claim', 'takeover', 'close', 'drop', 'forget', 'release', 'keep', 'pass'] as const;
  /** What a lane would do: a session that is asked to leave leaves, one that was granted its name keeps it. */
  type Step = { player: number; act: (typeof ACTS)[number] };
  const step: fc.Arbitrary<Step> = fc.record({
    player: fc.integer({ min: 0, max: 5 }),
    act: fc.constantFrom(...ACTS),
  });

  /** A session with its lane's half: it owns from the grant until it has said its last. */
  class Player {
    readonly session: FakeSession;
    readonly fixture: Fixture;
    owns = false;
    hasClaimed = false;
    #read = 0;

    constructor(fixture: Fixture) {
      this.fixture = fixture;
      this.session = fixture.session();
    }

    /** Takes what was put to its lane. */
    run(): void {
      for (; this.#read < this.session.said.length; this.#read++) {
        const { kind, flags } = this.session.said[this.#read]!;
        const isOpen = (flags & NamedFlag.OP) === NameOp.OPEN;
        if (this.session.isClosing) continue;
        if (kind === In.NAMED && isOpen && (flags & NamedFlag.REFUSED) === 0) this.owns = true;
        if (kind === In.LEAVE && this.owns) this.leave();
      }
    }

    leave(): void {
      this.owns = false;
      this.fixture.store(this.session, 'last', 'last');
    }

    act(act: Step['act']): void {
      const { fixture, session } = this;
      const { registry } = fixture;
      if ((act === 'claim' || act === 'takeover') && !this.hasClaimed) {
        this.hasClaimed = true;
        void registry.claim(session, 'me', act === 'takeover', 1);
      }
      if (act === 'keep' && this.owns) fixture.store(session, 'urgent', 'kept');
      if ((act === 'forget' || act === 'release') && this.owns) {
        this.owns = false;
        registry.request(session, act === 'forget' ? NameOp.FORGET : NameOp.RELEASE, 1);
      }
      if (act !== 'close' && act !== 'drop') return;
      session.isClosing = true;
      if (this.owns && act === 'close') this.leave();
      this.owns = false;
      registry.gone(session);
    }
  }

  it('a name has at most one owner in all processes, and is free when all have gone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const store = new MemoryStore();
        const fixtures = [new Fixture(store), new Fixture(store)];
        const playerOf = (place: number): Player => new Player(fixtures[place % 2]!);
        const players = Array.from({ length: 6 }, (_, place) => playerOf(place));
        const check = (): void => {
          for (const player of players) player.run();
          assert.ok(players.filter(({ owns }) => owns).length <= 1);
        };
        const pass = async (): Promise<void> => {
          for (const { env } of fixtures) env.advance(50);
          await settled();
          check();
        };
        for (const { player, act } of steps) {
          if (players[player]!.session.isClosing) players[player] = playerOf(player);
          players[player]!.act(act);
          check();
          if (act === 'pass') await pass();
        }
        for (const player of players) if (!player.session.isClosing) player.act('close');
        for (let i = 0; i < 5; i++) await pass();
        for (const fixture of fixtures) {
          const next = fixture.session();
          assert.match(await fixture.claim(next), /^granted/);
          fixture.registry.gone(next);
          await settled();
        }
      }),
      { numRuns: 300 },
    );
  });
});
