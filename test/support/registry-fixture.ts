/**
 * A session registry over a vault in memory, and routes that note what they are told.
 * In: NAME and STORE records. Out: what the lanes and clients heard, what is stored. Never: a disk, a thread, a real clock.
 */
import { In, NamedFlag } from '../../src/batch/records.ts';
import type { StoreKind } from '../../src/batch/name-records.ts';
import type { ErrorName } from '../../src/errors.ts';
import type { NoticeFields } from '../../src/main/front.ts';
import type { NameOwner } from '../../src/main/names/owner.ts';
import { SessionRegistry } from '../../src/main/names/session-registry.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { VaultError } from '../../src/vault/vault.ts';
import { FakeEnv } from './fake-env.ts';
import { MemoryStore, MemoryVault } from './memory-vault.ts';
import { NotedLane } from './noted-lane.ts';

/** A log that says nothing. */
export const log = await createLog({ level: 'silent' });

/** A route as `SessionRegistry` sees it: what it was put, what its client heard. */
export class FakeRoute implements NameOwner {
  readonly session: number;
  isClosing = false;
  isCorked = false;
  readonly notices: string[] = [];
  readonly lane = new NotedLane();
  readonly said = this.lane.puts;
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

/** Resolves when everything that is under way in memory has ended. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A registry over a vault in memory, under a made-up clock. */
export class Fixture {
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

  store(route: FakeRoute, kind: StoreKind, record: string, ticket = 0): void {
    this.registry.store(route, kind, ticket, Buffer.from(record));
  }

  async stored(name = 'me'): Promise<string | undefined> {
    await settled();
    const record = this.vault.read(name);
    return record && Buffer.from(record).toString();
  }
}

/** What a full disk says. */
export const fault = new VaultError('VaultWriteFailed', 'no room', 'ENOSPC');
