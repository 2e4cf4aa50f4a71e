/** Who has which kept session: claims, takeovers, what is on the disk before what is said (with a vault in memory). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { emptyRecord, readRecord, writeRecord } from '../../../src/account/record.ts';
import { In, KeepFlag, NamedFlag, NameOp } from '../../../src/batch/records.ts';
import { Writer } from '../../../src/bytes/writer.ts';
import type { ErrorName } from '../../../src/errors.ts';
import type { NoticeFields } from '../../../src/main/clients/front.ts';
import { SessionRegistry } from '../../../src/main/names/session-registry.ts';
import type { NameOwner } from '../../../src/main/names/owner.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { VaultError } from '../../../src/vault/vault.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { MemoryStore, MemoryVault } from '../../support/memory-vault.ts';

const log = await createLog({ level: 'silent' });

/** A route as `SessionRegistry` sees it: what it was put, what its client heard. */
class FakeRoute implements NameOwner {
  readonly session: number;
  isClosing = false;
  isCorked = false;
  readonly said: { kind: number; flags: number; ticket: number; bytes: Buffer }[] = [];
  readonly notices: string[] = [];
  readonly lane = {
    put: (kind: number, _link: number, flags: number, _session: number, ticket: number, bytes: Uint8Array) =>
      this.said.push({ kind, flags, ticket, bytes: Buffer.from(bytes) }),
  };
  readonly client = {
    isUnread: false,
    notice: (name: ErrorName, { reason }: NoticeFields) => this.notices.push(`${name} ${reason}`),
  };

  constructor(session: number) {
    this.session = session;
  }

  cork(): void {
    this.isCorked = true;
  }

  uncork(): void {
    this.isCorked = false;
  }

  /** The last answer in words: `granted clean:record`, `SessionInUse`, … */
  get last(): string {
    const answers = this.said.filter(({ kind }) => kind === In.NAMED);
    const answer = answers.at(-1);
    if (answer === undefined) return 'nothing';
    if ((answer.flags & NamedFlag.REFUSED) !== 0) return answer.bytes.toString();
    return `granted${(answer.flags & NamedFlag.CLEAN) !== 0 ? ' clean' : ''}:${answer.bytes.toString()}`;
  }

  get isAskedToLeave(): boolean {
    return this.said.at(-1)?.kind === In.LEAVE;
  }
}

/** Everything that is under way in memory ends. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Fixture {
  readonly vault: MemoryVault;
  readonly registry: SessionRegistry;
  readonly env = new FakeEnv();
  #routes = 0;

  constructor(store = new MemoryStore()) {
    this.vault = new MemoryVault(store);
    this.registry = new SessionRegistry(() => Promise.resolve(this.vault), log, this.env);
  }

  route(): FakeRoute {
    return new FakeRoute(++this.#routes);
  }

  async request(route: FakeRoute, op: number, name = 'me', ticket = 1): Promise<string> {
    this.registry.request(route, op, ticket, name);
    await settled();
    return route.last;
  }

  keep(route: FakeRoute, flags: number, record: string, ticket = 0): void {
    this.registry.keep(route, flags, ticket, Buffer.from(record));
  }

  async kept(name = 'me'): Promise<string | undefined> {
    await settled();
    const record = this.vault.read(name);
    return record && Buffer.from(record).toString();
  }
}

const fault = new VaultError('VaultWriteFailed', 'no room', 'ENOSPC');

describe('names', () => {
  it('are one connection’s, until it has given them up', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.route(), fixture.route()];
    assert.equal(await fixture.request(one, NameOp.ATTACH), 'granted:');
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'SessionInUse');
    fixture.keep(one, KeepFlag.URGENT, 'a');
    assert.ok(one.isCorked, 'nothing is said before it is on the disk');
    assert.equal(await fixture.kept(), 'a');
    assert.ok(!one.isCorked);
    fixture.keep(one, KeepFlag.LAST, 'b');
    fixture.registry.gone(one);
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted clean:b');
  });

  it('whose owner was lost without a word are not clean', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    fixture.keep(one, KeepFlag.URGENT, 'a');
    fixture.keep(one, 0, 'newer');
    await settled();
    fixture.registry.gone(one);
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted:newer');
  });

  it('are granted again to a thread that has lost the answer', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    fixture.keep(one, KeepFlag.LAST, 'a');
    const two = fixture.route();
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted clean:a');
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'granted clean:a');
    assert.equal(two.said.length, 2);
  });

  it('are given back as they were if the lane cannot use them', async () => {
    const fixture = new Fixture();
    const [one, two, three] = [fixture.route(), fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    fixture.keep(one, KeepFlag.LAST, 'a');
    await fixture.request(two, NameOp.ATTACH);
    fixture.registry.request(two, NameOp.RELEASE, 0, 'me');
    assert.equal(await fixture.request(three, NameOp.ATTACH), 'granted clean:a');
  });

  it('that something is kept under are not new', async () => {
    const fixture = new Fixture();
    const [one, two, three] = [fixture.route(), fixture.route(), fixture.route()];
    assert.equal(await fixture.request(one, NameOp.NEW), 'granted:');
    fixture.keep(one, KeepFlag.EXPLICIT, 'a', 7);
    await settled();
    assert.deepEqual(one.said.at(-1), { kind: In.NAMED, flags: NameOp.KEEP, ticket: 7, bytes: Buffer.alloc(0) });
    fixture.keep(one, KeepFlag.LAST, 'a');
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
    fixture.keep(one, KeepFlag.URGENT, 'a');
    assert.equal(await fixture.request(two, NameOp.TAKEOVER), 'nothing');
    assert.ok(one.isAskedToLeave);
    assert.equal(await fixture.request(three, NameOp.TAKEOVER), 'SessionInUse', 'one at a time');
    fixture.keep(one, KeepFlag.LAST, 'b');
    assert.equal(two.last, 'granted clean:b');
    assert.equal(await fixture.kept(), 'b', 'and it is on the disk, should the process end now');
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

  it('goes to another process', async () => {
    const store = new MemoryStore();
    const [here, there] = [new Fixture(store), new Fixture(store)];
    const [one, two] = [here.route(), there.route()];
    await here.request(one, NameOp.ATTACH);
    here.keep(one, KeepFlag.URGENT, 'a');
    await settled();
    assert.equal(await there.request(two, NameOp.ATTACH), 'SessionInUse');
    there.registry.request(two, NameOp.TAKEOVER, 2, 'me');
    await settled();
    assert.ok(one.isAskedToLeave);
    here.keep(one, KeepFlag.LAST, 'b');
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

describe('a vault that cannot write', () => {
  it('lets the session go on, says so once, and is tried again until it can', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    fixture.keep(one, KeepFlag.URGENT, 'a');
    await settled();
    fixture.vault.failure = fault;
    fixture.keep(one, KeepFlag.URGENT, 'b');
    await settled();
    assert.ok(!one.isCorked);
    assert.deepEqual(one.notices, ['VaultWriteFailed ENOSPC']);
    assert.ok(fixture.registry.isDegraded);
    fixture.keep(one, KeepFlag.URGENT, 'c');
    fixture.env.advance(1_000);
    await settled();
    assert.equal(one.notices.length, 1);
    fixture.vault.failure = undefined;
    assert.equal(await fixture.kept(), 'a', 'what was kept before still is');
    fixture.env.advance(60_000);
    assert.equal(await fixture.kept(), 'c');
    assert.ok(!fixture.registry.isDegraded);
  });

  it('answers what was asked for explicitly', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.NEW);
    fixture.vault.failure = fault;
    fixture.keep(one, KeepFlag.EXPLICIT, 'a', 7);
    await settled();
    assert.equal(one.last, 'VaultWriteFailed ENOSPC');
    assert.deepEqual(one.notices, []);
    assert.ok(!fixture.registry.isDegraded);
  });

  it('is tried by one alone when the owner goes while it fails', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    const write = fixture.vault.write.bind(fixture.vault);
    const ends: (() => void)[] = [];
    fixture.vault.write = (_, record) => {
      assert.equal(Buffer.from(record).toString(), 'a');
      return new Promise((_resolve, reject) => ends.push(() => reject(fault)));
    };
    fixture.keep(one, KeepFlag.URGENT, 'a');
    await settled();
    fixture.registry.gone(one);
    ends.shift()!();
    await settled();
    for (const wait of [1_000, 2_000, 4_000]) {
      fixture.env.advance(wait);
      await settled();
      assert.equal(ends.length, 1);
      ends.shift()!();
      await settled();
    }
    fixture.vault.write = write;
    fixture.env.advance(60_000);
    assert.equal(await fixture.kept(), 'a');
    assert.equal(await fixture.request(fixture.route(), NameOp.ATTACH), 'granted:a');
  });

  it('tells a client only when the newest of what was urgent is on the disk', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    const ends: (() => void)[] = [];
    const write = fixture.vault.write.bind(fixture.vault);
    fixture.vault.write = async (...args) => {
      await new Promise<void>((resolve) => ends.push(resolve));
      await write(...args);
    };
    /** The write that is on its way ends, and the next one begins. */
    const written = async (): Promise<void> => {
      ends.shift()!();
      await settled();
    };
    fixture.keep(one, KeepFlag.URGENT, 'key');
    await settled();
    fixture.keep(one, KeepFlag.URGENT, 'login');
    await written();
    assert.equal(await fixture.kept(), 'key');
    assert.ok(one.isCorked, 'what it would hear says that it is logged in');
    await written();
    assert.equal(await fixture.kept(), 'login');
    assert.ok(!one.isCorked);
    // What is not urgent holds nobody, and lets nobody go who waits for what was.
    fixture.keep(one, 0, 'a counter');
    assert.ok(!one.isCorked);
    fixture.keep(one, KeepFlag.URGENT, 'second login');
    await settled();
    fixture.keep(one, 0, 'a counter after it');
    assert.ok(one.isCorked);
    await written();
    assert.ok(!one.isCorked);
  });

  it('that hangs holds no client for more than five seconds', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    fixture.vault.hold();
    fixture.keep(one, KeepFlag.URGENT, 'a');
    await settled();
    assert.ok(one.isCorked);
    fixture.env.advance(5_000);
    assert.ok(!one.isCorked);
    assert.deepEqual(one.notices, ['VaultWriteFailed ETIMEDOUT']);
  });

  it('writes what is not urgent once in five seconds, the newest', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    fixture.keep(one, KeepFlag.URGENT, 'a');
    await settled();
    for (const record of ['b', 'c', 'd']) fixture.keep(one, 0, record);
    assert.equal(await fixture.kept(), 'a');
    fixture.env.advance(5_000);
    assert.equal(await fixture.kept(), 'd');
  });
});

describe('an end', () => {
  it('by forget removes the record, and another may have the name', async () => {
    const fixture = new Fixture();
    const [one, two] = [fixture.route(), fixture.route()];
    await fixture.request(one, NameOp.ATTACH);
    fixture.keep(one, KeepFlag.URGENT, 'a');
    fixture.keep(one, 0, 'b');
    assert.equal(await fixture.request(one, NameOp.FORGET, 'me', 2), 'granted:');
    assert.equal(await fixture.kept(), undefined);
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
    fixture.keep(one, KeepFlag.URGENT, 'a');
    fixture.registry.request(one, NameOp.LOGGED_OUT, 0, 'me');
    assert.ok(one.isCorked);
    assert.equal(await fixture.kept(), undefined);
    assert.ok(!one.isCorked);
    assert.equal(await fixture.request(two, NameOp.ATTACH), 'SessionInUse');
    fixture.keep(one, KeepFlag.URGENT, 'second login');
    assert.equal(await fixture.kept(), 'second login');
  });

  it('of the process waits for what is being written', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    fixture.vault.hold();
    fixture.keep(one, KeepFlag.LAST, 'a');
    const stopped = fixture.registry.stop(2_000);
    await settled();
    assert.equal(fixture.vault.read('me'), undefined);
    fixture.vault.go();
    await stopped;
    assert.equal(await fixture.kept(), 'a');
    assert.equal(fixture.env.timers, 0);
  });

  it('of the process waits no longer than it may', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    fixture.vault.hold();
    fixture.keep(one, KeepFlag.LAST, 'a');
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
      this.fixture.keep(this.route, KeepFlag.LAST, 'last');
    }

    act(act: Step['act']): void {
      if (act === 'attach' && !this.owns) this.fixture.registry.request(this.route, NameOp.ATTACH, ++this.ticket, 'me');
      if (act === 'takeover' && !this.owns)
        this.fixture.registry.request(this.route, NameOp.TAKEOVER, ++this.ticket, 'me');
      if (act === 'keep' && this.owns) this.fixture.keep(this.route, KeepFlag.URGENT, 'kept');
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

it('a vault that cannot be opened is said with the system’s word, until it can', async () => {
  const vault = new MemoryVault();
  let fault: VaultError | undefined = new VaultError('VaultClosed', 'a folder', 'EACCES');
  const registry = new SessionRegistry(
    () => (fault === undefined ? Promise.resolve(vault) : Promise.reject(fault)),
    log,
    new FakeEnv(),
  );
  const route = new FakeRoute(1);
  const request = async (): Promise<string> => {
    registry.request(route, NameOp.ATTACH, 1, 'me');
    await settled();
    return route.last;
  };
  assert.equal(registry.isDegraded, false);
  assert.equal(await request(), 'VaultUnavailable EACCES');
  assert.equal(registry.isDegraded, true, 'so that /readyz says it');
  fault = new VaultError('VaultClosed', 'another key');
  assert.equal(await request(), 'VaultUnavailable closed');
  fault = undefined;
  assert.equal(await request(), 'granted:');
  assert.equal(registry.isDegraded, false);
  const none = new SessionRegistry(undefined, log, new FakeEnv());
  none.request(route, NameOp.LIST, 2, '');
  await settled();
  assert.deepEqual([route.last, none.isDegraded], ['VaultUnavailable', false]);
});

describe('a list of all names', () => {
  /** @returns the lists that were read, and how often */
  function counted(fixture: Fixture): { reads: number } {
    const count = { reads: 0 };
    const { vault } = fixture;
    const list = vault.list.bind(vault);
    vault.list = (part) => {
      count.reads++;
      return list(part);
    };
    return count;
  }

  it('is read once for all who ask at a time, and anew for who asks later', async () => {
    const fixture = new Fixture();
    await fixture.request(fixture.route(), NameOp.ATTACH);
    const count = counted(fixture);
    const [first, ...others] = Array.from({ length: 50 }, () => fixture.route());
    for (const route of [first!, ...others]) fixture.registry.request(route, NameOp.LIST, 1, '');
    await settled();
    for (const route of [first!, ...others]) assert.match(route.last, /^granted:/);
    // The first one's is begun at once; the others have come before the next.
    assert.equal(count.reads, 2);
    await fixture.request(first!, NameOp.LIST);
    assert.equal(count.reads, 3);
  });

  it('holds no key', async () => {
    const fixture = new Fixture();
    const one = fixture.route();
    await fixture.request(one, NameOp.ATTACH);
    const key = Buffer.alloc(256, 7);
    const out = new Writer();
    writeRecord(out, { ...emptyRecord(2, false), userId: 5n, keys: [{ dc: 2, key }] });
    fixture.registry.keep(one, KeepFlag.LAST, 0, out.written());
    await settled();
    assert.ok(Buffer.from(fixture.vault.read('me')!).includes(key));
    const two = fixture.route();
    await fixture.request(two, NameOp.LIST);
    const { bytes } = two.said.at(-1)!;
    assert.equal(bytes.includes(key.subarray(0, 16)), false);
    const shown = readRecord(bytes.subarray(2 + 'me'.length + 4));
    assert.deepEqual([shown.dc, shown.userId, shown.keys], [2, 5n, []]);
  });

  it('is not read for who leaves answers unread, until they are taken, nor for who has gone', async () => {
    const fixture = new Fixture();
    const count = counted(fixture);
    const [slow, gone, other] = [fixture.route(), fixture.route(), fixture.route()];
    slow.client.isUnread = gone.client.isUnread = true;
    assert.equal(await fixture.request(slow, NameOp.LIST), 'nothing');
    assert.equal(await fixture.request(gone, NameOp.LIST), 'nothing');
    assert.equal(count.reads, 0);
    assert.equal(await fixture.request(other, NameOp.LIST), 'granted:');
    assert.equal(slow.last, 'nothing');
    fixture.registry.gone(gone);
    slow.client.isUnread = gone.client.isUnread = false;
    fixture.registry.isRead();
    await settled();
    assert.deepEqual([slow.last, gone.last, count.reads], ['granted:', 'nothing', 2]);
  });
});
