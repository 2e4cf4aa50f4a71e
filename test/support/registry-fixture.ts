/**
 * A session registry over a vault in memory, and sessions that note what they are told.
 * In: NAME and STORE records. Out: what the lanes and clients heard, what is stored. Never: a disk, a thread, a real clock.
 */
import type { OpenState, StoreKind } from '../../src/batch/name-records.ts';
import { In, NamedFlag } from '../../src/batch/records.ts';
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

/** A session as `SessionRegistry` sees it: what it was put, what its clients heard. */
export class FakeSession implements NameOwner {
  readonly session: number;
  isClosing = false;
  isCorked = false;
  isNamed = true;
  isStored = false;
  hasSent = false;
  isResident = false;
  isIdle = false;
  state: OpenState = { state: 'open', connections: 1, openedAt: 1_700_000_000_000, retryIn: 0 };
  readonly notices: string[] = [];
  readonly lane = new NotedLane();
  readonly said = this.lane.puts;

  constructor(session: number) {
    this.session = session;
  }

  notice(name: ErrorName, { reason }: NoticeFields): void {
    this.notices.push(`${name} ${reason}`);
  }

  cork(): void {
    this.isCorked = true;
  }

  uncork(): void {
    this.isCorked = false;
  }

  unname(): void {
    this.isNamed = false;
  }

  /** The last answer in words: `granted clean:record`, `SessionInUse`, … */
  get last(): string {
    const answers = this.said.filter(({ kind }) => kind === In.NAMED || kind === In.LISTED);
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
  #sessions = 0;

  constructor(store = new MemoryStore()) {
    this.vault = new MemoryVault(store);
    this.registry = new SessionRegistry(() => Promise.resolve(this.vault), log, this.env);
  }

  session(): FakeSession {
    return new FakeSession(++this.#sessions);
  }

  /** A session claims a name. @returns its last answer once nothing is under way any more */
  async claim(session: FakeSession, name = 'me', isTakeover = false, client = 1): Promise<string> {
    void this.registry.claim(session, name, isTakeover, client);
    await settled();
    return session.last;
  }

  /** A session that has the name `me`. */
  async named(): Promise<FakeSession> {
    const session = this.session();
    await this.claim(session);
    return session;
  }

  async request(session: FakeSession, op: number, ticket = 1): Promise<string> {
    this.registry.request(session, op, ticket);
    await settled();
    return session.last;
  }

  /** A client of a session asks for the list. @returns the session's last answer */
  async list(session: FakeSession, client = { isUnread: false }): Promise<string> {
    this.registry.list({ attachment: session.session, lane: session.lane, ticket: 1, client });
    await settled();
    return session.last;
  }

  store(session: FakeSession, kind: StoreKind, record: string, ticket = 0): void {
    this.registry.store(session, kind, ticket, Buffer.from(record));
  }

  async stored(name = 'me'): Promise<string | undefined> {
    await settled();
    const record = this.vault.read(name);
    return record && Buffer.from(record).toString();
  }
}

/** What a full disk says. */
export const fault = new VaultError('VaultWriteFailed', 'no room', 'ENOSPC');
