/** Who has which kept session: claims, takeovers, what is on the disk before what is said (with a vault in memory). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { emptyRecord, readRecord, writeRecord } from '../../../src/account/record.ts';
import { In, KeepFlag, NamedFlag, NameOp } from '../../../src/batch/records.ts';
import { Writer } from '../../../src/bytes/writer.ts';
import type { ErrorName } from '../../../src/errors.ts';
import type { NoticeFields } from '../../../src/main/clients/front.ts';
import { Names } from '../../../src/main/names/names.ts';
import type { NameOwner } from '../../../src/main/names/owner.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { VaultError } from '../../../src/vault/vault.ts';
import { FakeEnv } from '../../support/fake-env.ts';
import { MemoryStore, MemoryVault } from '../../support/memory-vault.ts';

const log = await createLog({ level: 'silent' });

/** A route as `Names` sees it: what it was put, what its client heard. */
class FakeRoute implements NameOwner {
  readonly session: number;
  isClosing = false;
  isHolding = false;
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

  hold(): void {
    this.isHolding = true;
  }

  letGo(): void {
    this.isHolding = false;
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

class House {
  readonly vault: MemoryVault;
  readonly names: Names;
  readonly env = new FakeEnv();
  #routes = 0;

  constructor(store = new MemoryStore()) {
    this.vault = new MemoryVault(store);
    this.names = new Names(() => Promise.resolve(this.vault), log, this.env);
  }

  route(): FakeRoute {
    return new FakeRoute(++this.#routes);
  }

  async wish(route: FakeRoute, op: number, name = 'me', ticket = 1): Promise<string> {
    this.names.wish(route, op, ticket, name);
    await settled();
    return route.last;
  }

  keep(route: FakeRoute, flags: number, record: string, ticket = 0): void {
    this.names.keep(route, flags, ticket, Buffer.from(record));
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
    const house = new House();
    const [one, two] = [house.route(), house.route()];
    assert.equal(await house.wish(one, NameOp.ATTACH), 'granted:');
    assert.equal(await house.wish(two, NameOp.ATTACH), 'SessionInUse');
    house.keep(one, KeepFlag.URGENT, 'a');
    assert.ok(one.isHolding, 'nothing is said before it is on the disk');
    assert.equal(await house.kept(), 'a');
    assert.ok(!one.isHolding);
    house.keep(one, KeepFlag.LAST, 'b');
    house.names.gone(one);
    assert.equal(await house.wish(two, NameOp.ATTACH), 'granted clean:b');
  });

  it('whose owner was lost without a word are not clean', async () => {
    const house = new House();
    const [one, two] = [house.route(), house.route()];
    await house.wish(one, NameOp.ATTACH);
    house.keep(one, KeepFlag.URGENT, 'a');
    house.keep(one, 0, 'newer');
    await settled();
    house.names.gone(one);
    assert.equal(await house.wish(two, NameOp.ATTACH), 'granted:newer');
  });

  it('are granted again to a thread that has lost the answer', async () => {
    const house = new House();
    const one = house.route();
    await house.wish(one, NameOp.ATTACH);
    house.keep(one, KeepFlag.LAST, 'a');
    const two = house.route();
    assert.equal(await house.wish(two, NameOp.ATTACH), 'granted clean:a');
    assert.equal(await house.wish(two, NameOp.ATTACH), 'granted clean:a');
    assert.equal(two.said.length, 2);
  });

  it('are given back as they were if the lane cannot use them', async () => {
    const house = new House();
    const [one, two, three] = [house.route(), house.route(), house.route()];
    await house.wish(one, NameOp.ATTACH);
    house.keep(one, KeepFlag.LAST, 'a');
    await house.wish(two, NameOp.ATTACH);
    house.names.wish(two, NameOp.RELEASE, 0, 'me');
    assert.equal(await house.wish(three, NameOp.ATTACH), 'granted clean:a');
  });

  it('that something is kept under are not new', async () => {
    const house = new House();
    const [one, two, three] = [house.route(), house.route(), house.route()];
    assert.equal(await house.wish(one, NameOp.NEW), 'granted:');
    house.keep(one, KeepFlag.EXPLICIT, 'a', 7);
    await settled();
    assert.deepEqual(one.said.at(-1), { kind: In.NAMED, flags: NameOp.KEEP, ticket: 7, bytes: Buffer.alloc(0) });
    house.keep(one, KeepFlag.LAST, 'a');
    assert.equal(await house.wish(two, NameOp.NEW), 'InvalidSession');
    assert.equal(await house.wish(three, NameOp.ATTACH), 'granted clean:a');
  });

  it('of clients that left while they were being claimed are free again', async () => {
    const house = new House();
    const [one, two] = [house.route(), house.route()];
    house.vault.hold();
    house.names.wish(one, NameOp.ATTACH, 1, 'me');
    await settled();
    house.names.gone(one);
    house.vault.go();
    await settled();
    assert.equal(await house.wish(two, NameOp.ATTACH), 'granted:');
    assert.equal(one.last, 'nothing');
  });
});

describe('takeover', () => {
  it('goes through the owner, in memory', async () => {
    const house = new House();
    const [one, two, three] = [house.route(), house.route(), house.route()];
    await house.wish(one, NameOp.ATTACH);
    house.keep(one, KeepFlag.URGENT, 'a');
    assert.equal(await house.wish(two, NameOp.TAKEOVER), 'nothing');
    assert.ok(one.isAskedToLeave);
    assert.equal(await house.wish(three, NameOp.TAKEOVER), 'SessionInUse', 'one at a time');
    house.keep(one, KeepFlag.LAST, 'b');
    assert.equal(two.last, 'granted clean:b');
    assert.equal(await house.kept(), 'b', 'and it is on the disk, should the process end now');
    house.names.gone(one);
    assert.equal(await house.wish(three, NameOp.ATTACH), 'SessionInUse');
  });

  it('is asked for again when the owner’s thread was lost', async () => {
    const house = new House();
    const [one, two] = [house.route(), house.route()];
    await house.wish(one, NameOp.ATTACH);
    await house.wish(two, NameOp.TAKEOVER);
    one.said.length = 0;
    house.names.resumed(one);
    assert.ok(one.isAskedToLeave);
  });

  it('goes to another process', async () => {
    const store = new MemoryStore();
    const [here, there] = [new House(store), new House(store)];
    const [one, two] = [here.route(), there.route()];
    await here.wish(one, NameOp.ATTACH);
    here.keep(one, KeepFlag.URGENT, 'a');
    await settled();
    assert.equal(await there.wish(two, NameOp.ATTACH), 'SessionInUse');
    there.names.wish(two, NameOp.TAKEOVER, 2, 'me');
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
    const [here, there] = [new House(store), new House(store)];
    const [one, two] = [here.route(), there.route()];
    await here.wish(one, NameOp.ATTACH);
    there.names.wish(two, NameOp.TAKEOVER, 2, 'me');
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
    const house = new House();
    const one = house.route();
    await house.wish(one, NameOp.ATTACH);
    house.keep(one, KeepFlag.URGENT, 'a');
    await settled();
    house.vault.failure = fault;
    house.keep(one, KeepFlag.URGENT, 'b');
    await settled();
    assert.ok(!one.isHolding);
    assert.deepEqual(one.notices, ['VaultWriteFailed ENOSPC']);
    assert.ok(house.names.isDegraded);
    house.keep(one, KeepFlag.URGENT, 'c');
    house.env.advance(1_000);
    await settled();
    assert.equal(one.notices.length, 1);
    house.vault.failure = undefined;
    assert.equal(await house.kept(), 'a', 'what was kept before still is');
    house.env.advance(60_000);
    assert.equal(await house.kept(), 'c');
    assert.ok(!house.names.isDegraded);
  });

  it('answers what was asked for explicitly', async () => {
    const house = new House();
    const one = house.route();
    await house.wish(one, NameOp.NEW);
    house.vault.failure = fault;
    house.keep(one, KeepFlag.EXPLICIT, 'a', 7);
    await settled();
    assert.equal(one.last, 'VaultWriteFailed ENOSPC');
    assert.deepEqual(one.notices, []);
    assert.ok(!house.names.isDegraded);
  });

  it('is tried by one alone when the owner goes while it fails', async () => {
    const house = new House();
    const one = house.route();
    await house.wish(one, NameOp.ATTACH);
    const write = house.vault.write.bind(house.vault);
    const ends: (() => void)[] = [];
    house.vault.write = (_, record) => {
      assert.equal(Buffer.from(record).toString(), 'a');
      return new Promise((_resolve, reject) => ends.push(() => reject(fault)));
    };
    house.keep(one, KeepFlag.URGENT, 'a');
    await settled();
    house.names.gone(one);
    ends.shift()!();
    await settled();
    for (const wait of [1_000, 2_000, 4_000]) {
      house.env.advance(wait);
      await settled();
      assert.equal(ends.length, 1);
      ends.shift()!();
      await settled();
    }
    house.vault.write = write;
    house.env.advance(60_000);
    assert.equal(await house.kept(), 'a');
    assert.equal(await house.wish(house.route(), NameOp.ATTACH), 'granted:a');
  });

  it('tells a client only when the newest of what was urgent is on the disk', async () => {
    const house = new House();
    const one = house.route();
    await house.wish(one, NameOp.ATTACH);
    const ends: (() => void)[] = [];
    const write = house.vault.write.bind(house.vault);
    house.vault.write = async (...args) => {
      await new Promise<void>((resolve) => ends.push(resolve));
      await write(...args);
    };
    /** The write that is on its way ends, and the next one begins. */
    const written = async (): Promise<void> => {
      ends.shift()!();
      await settled();
    };
    house.keep(one, KeepFlag.URGENT, 'key');
    await settled();
    house.keep(one, KeepFlag.URGENT, 'login');
    await written();
    assert.equal(await house.kept(), 'key');
    assert.ok(one.isHolding, 'what it would hear says that it is logged in');
    await written();
    assert.equal(await house.kept(), 'login');
    assert.ok(!one.isHolding);
    // What is not urgent holds nobody, and lets nobody go who waits for what was.
    house.keep(one, 0, 'a counter');
    assert.ok(!one.isHolding);
    house.keep(one, KeepFlag.URGENT, 'second login');
    await settled();
    house.keep(one, 0, 'a counter after it');
    assert.ok(one.isHolding);
    await written();
    assert.ok(!one.isHolding);
  });

  it('that hangs holds no client for more than five seconds', async () => {
    const house = new House();
    const one = house.route();
    await house.wish(one, NameOp.ATTACH);
    house.vault.hold();
    house.keep(one, KeepFlag.URGENT, 'a');
    await settled();
    assert.ok(one.isHolding);
    house.env.advance(5_000);
    assert.ok(!one.isHolding);
    assert.deepEqual(one.notices, ['VaultWriteFailed ETIMEDOUT']);
  });

  it('writes what is not urgent once in five seconds, the newest', async () => {
    const house = new House();
    const one = house.route();
    await house.wish(one, NameOp.ATTACH);
    house.keep(one, KeepFlag.URGENT, 'a');
    await settled();
    for (const record of ['b', 'c', 'd']) house.keep(one, 0, record);
    assert.equal(await house.kept(), 'a');
    house.env.advance(5_000);
    assert.equal(await house.kept(), 'd');
  });
});

describe('an end', () => {
  it('by forget removes the record, and another may have the name', async () => {
    const house = new House();
    const [one, two] = [house.route(), house.route()];
    await house.wish(one, NameOp.ATTACH);
    house.keep(one, KeepFlag.URGENT, 'a');
    house.keep(one, 0, 'b');
    assert.equal(await house.wish(one, NameOp.FORGET, 'me', 2), 'granted:');
    assert.equal(await house.kept(), undefined);
    assert.equal(await house.wish(one, NameOp.FORGET, 'me', 2), 'granted:', 'a thread that lost the answer asks again');
    assert.equal(await house.wish(two, NameOp.ATTACH), 'granted:');
  });

  it('by a log-out removes the record, before that is told, and the name stays', async () => {
    const house = new House();
    const [one, two] = [house.route(), house.route()];
    await house.wish(one, NameOp.ATTACH);
    house.keep(one, KeepFlag.URGENT, 'a');
    house.names.wish(one, NameOp.LOGGED_OUT, 0, 'me');
    assert.ok(one.isHolding);
    assert.equal(await house.kept(), undefined);
    assert.ok(!one.isHolding);
    assert.equal(await house.wish(two, NameOp.ATTACH), 'SessionInUse');
    house.keep(one, KeepFlag.URGENT, 'second login');
    assert.equal(await house.kept(), 'second login');
  });

  it('of the process waits for what is being written', async () => {
    const house = new House();
    const one = house.route();
    await house.wish(one, NameOp.ATTACH);
    house.vault.hold();
    house.keep(one, KeepFlag.LAST, 'a');
    const stopped = house.names.stop(2_000);
    await settled();
    assert.equal(house.vault.read('me'), undefined);
    house.vault.go();
    await stopped;
    assert.equal(await house.kept(), 'a');
    assert.equal(house.env.timers, 0);
  });

  it('of the process waits no longer than it may', async () => {
    const house = new House();
    const one = house.route();
    await house.wish(one, NameOp.ATTACH);
    house.vault.hold();
    house.keep(one, KeepFlag.LAST, 'a');
    let isStopped = false;
    void house.names.stop(2_000).then(() => (isStopped = true));
    house.env.advance(1_999);
    await settled();
    assert.equal(isStopped, false);
    house.env.advance(1);
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
    readonly house: House;
    owns = false;
    ticket = 0;
    #read = 0;

    constructor(house: House) {
      this.house = house;
      this.route = house.route();
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
      this.house.keep(this.route, KeepFlag.LAST, 'last');
    }

    act(act: Step['act']): void {
      if (act === 'attach' && !this.owns) this.house.names.wish(this.route, NameOp.ATTACH, ++this.ticket, 'me');
      if (act === 'takeover' && !this.owns) this.house.names.wish(this.route, NameOp.TAKEOVER, ++this.ticket, 'me');
      if (act === 'keep' && this.owns) this.house.keep(this.route, KeepFlag.URGENT, 'kept');
      if (act === 'close') {
        this.route.isClosing = true;
        if (this.owns) this.leave();
        this.house.names.gone(this.route);
      }
    }
  }

  it('a name has at most one owner, and is free when all have gone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const house = new House();
        const players = Array.from({ length: 4 }, () => new Player(house));
        const check = (): void => {
          for (const player of players) player.run();
          assert.ok(players.filter(({ owns }) => owns).length <= 1);
        };
        for (const { client, act } of steps) {
          if (players[client]!.route.isClosing) players[client] = new Player(house);
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
        assert.equal(await house.wish(house.route(), NameOp.ATTACH).then((last) => last.startsWith('granted')), true);
      }),
      { numRuns: 300 },
    );
  });
});

it('a vault that cannot be opened is said with the system’s word, until it can', async () => {
  const vault = new MemoryVault();
  let fault: VaultError | undefined = new VaultError('VaultClosed', 'a folder', 'EACCES');
  const names = new Names(
    () => (fault === undefined ? Promise.resolve(vault) : Promise.reject(fault)),
    log,
    new FakeEnv(),
  );
  const route = new FakeRoute(1);
  const wish = async (): Promise<string> => {
    names.wish(route, NameOp.ATTACH, 1, 'me');
    await settled();
    return route.last;
  };
  assert.equal(names.isDegraded, false);
  assert.equal(await wish(), 'VaultUnavailable EACCES');
  assert.equal(names.isDegraded, true, 'so that /readyz says it');
  fault = new VaultError('VaultClosed', 'another key');
  assert.equal(await wish(), 'VaultUnavailable closed');
  fault = undefined;
  assert.equal(await wish(), 'granted:');
  assert.equal(names.isDegraded, false);
  const none = new Names(undefined, log, new FakeEnv());
  none.wish(route, NameOp.LIST, 2, '');
  await settled();
  assert.deepEqual([route.last, none.isDegraded], ['VaultUnavailable', false]);
});

describe('a list of all names', () => {
  /** @returns the lists that were read, and how often */
  function counted(house: House): { reads: number } {
    const count = { reads: 0 };
    const { vault } = house;
    const list = vault.list.bind(vault);
    vault.list = (part) => {
      count.reads++;
      return list(part);
    };
    return count;
  }

  it('is read once for all who ask at a time, and anew for who asks later', async () => {
    const house = new House();
    await house.wish(house.route(), NameOp.ATTACH);
    const count = counted(house);
    const [first, ...others] = Array.from({ length: 50 }, () => house.route());
    for (const route of [first!, ...others]) house.names.wish(route, NameOp.LIST, 1, '');
    await settled();
    for (const route of [first!, ...others]) assert.match(route.last, /^granted:/);
    // The first one's is begun at once; the others have come before the next.
    assert.equal(count.reads, 2);
    await house.wish(first!, NameOp.LIST);
    assert.equal(count.reads, 3);
  });

  it('holds no key', async () => {
    const house = new House();
    const one = house.route();
    await house.wish(one, NameOp.ATTACH);
    const key = Buffer.alloc(256, 7);
    const out = new Writer();
    writeRecord(out, { ...emptyRecord(2, false), userId: 5n, keys: [{ dc: 2, key }] });
    house.names.keep(one, KeepFlag.LAST, 0, out.written());
    await settled();
    assert.ok(Buffer.from(house.vault.read('me')!).includes(key));
    const two = house.route();
    await house.wish(two, NameOp.LIST);
    const { bytes } = two.said.at(-1)!;
    assert.equal(bytes.includes(key.subarray(0, 16)), false);
    const shown = readRecord(bytes.subarray(2 + 'me'.length + 4));
    assert.deepEqual([shown.dc, shown.userId, shown.keys], [2, 5n, []]);
  });

  it('is not read for who leaves answers unread, until they are taken, nor for who has gone', async () => {
    const house = new House();
    const count = counted(house);
    const [slow, gone, other] = [house.route(), house.route(), house.route()];
    slow.client.isUnread = gone.client.isUnread = true;
    assert.equal(await house.wish(slow, NameOp.LIST), 'nothing');
    assert.equal(await house.wish(gone, NameOp.LIST), 'nothing');
    assert.equal(count.reads, 0);
    assert.equal(await house.wish(other, NameOp.LIST), 'granted:');
    assert.equal(slow.last, 'nothing');
    house.names.gone(gone);
    slow.client.isUnread = gone.client.isUnread = false;
    house.names.isRead();
    await settled();
    assert.deepEqual([slow.last, gone.last, count.reads], ['granted:', 'nothing', 2]);
  });
});
