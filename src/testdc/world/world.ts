/**
 * World: the accounts, groups and messages that all data centres of a test DC share.
 * In: sign-ins, messages. Out: boxes, updates to a user's sessions.
 * Never: a request's bytes; the rules of methods, which are in `answers/`.
 */
import { Cans } from '../tl/canned.ts';
import type { ServerSession } from '../protocol/server-session.ts';
import type { DcEnv } from '../env.ts';
import { random, randomLong } from '../env.ts';
import type { KnownKey } from '../keys/known-key.ts';
import type { Layers } from '../protocol/layers.ts';
import type { DcMemory } from '../memory/memory.ts';
import type { Salting } from '../keys/srp.ts';
import type { TlObject } from '../tl/tl-value.ts';
import { fillAccount, fillChannel } from './beginning.ts';
import { Bots } from './bots.ts';
import { Box } from './box.ts';
import type { Post } from './box.ts';
import { Expiring } from './expiring.ts';
import { Files } from './files.ts';
import { FloodRules } from './floods.ts';
import { Invites } from './invites.ts';
import { Logins } from './logins.ts';
import { GroupMembers } from './members.ts';
import type { Group, PeerRef, Person } from './peers.ts';
import { peerKey } from './peers.ts';
import { Registry, seededPeople } from './people.ts';
import type {
  Account,
  Challenge,
  CodeKind,
  Draft,
  LoginToken,
  MoveKind,
  SentCode,
  ExportedAuthorization,
} from './records.ts';
import type { Written } from './records.ts';
import { seedGroups } from './seed.ts';
import { copyOf } from './posts.ts';

/** New groups get the ids after these. */
const FIRST_GROUP = { chat: 4_100_000_000n, channel: 2_100_000_000n } as const;

/** One world, with the people and groups of the seed to begin with. */
export class World {
  readonly people;
  readonly groups = new Map<string, Group>();
  readonly members: GroupMembers;
  readonly bots: Bots;
  readonly logins: Logins;
  /** How long the echo takes to answer, in milliseconds. */
  echoMs = 300;
  /** How often each text was executed: sent by `messages.sendMessage`, or set by `account.updateProfile`. */
  readonly ledger = new Map<string, number>();
  /** How codes are sent: the first way at once, the others when a code is asked for again. */
  codeKinds: readonly CodeKind[] = ['Sms', 'Call'];
  /** Codes that were sent, by `phone_code_hash`. */
  readonly codes = new Expiring<SentCode>();
  /** Users by the `future_auth_token` of a log-out. */
  readonly logOutTokens = new Expiring<bigint>();
  readonly loginTokens = new Expiring<LoginToken>();
  /** How long a QR code is good, in milliseconds. */
  loginTokenMs = 30_000;
  /** Questions for passwords, by `srp_id`. */
  readonly challenges = new Expiring<Challenge>();
  /** What the salts of a new password have to begin with. */
  readonly newSalting: Salting;
  readonly floods = new FloodRules();
  /** Authorizations that were exported and not imported yet, by their bytes. */
  readonly exportedAuthorizations = new Expiring<ExportedAuthorization>();
  readonly files = new Files();
  readonly invites = new Invites();
  /** The DC that has the statistics of channels; undefined: every DC has them. */
  statsDc: number | undefined;
  /** The DC that a test sends a call to, be it unknown, or `at`, which the call has come to; undefined: by the rules. */
  sendAway: ((kind: MoveKind, what: string, at: number) => number | undefined) | undefined;
  /** Told of each update that goes to a session. */
  onPush: () => void = () => {};
  readonly env: DcEnv;
  /** What outlives the process; undefined: nothing does. */
  readonly memory: DcMemory | undefined;
  readonly #registry: Registry;
  readonly #layers: Layers;
  readonly #accounts = new Map<bigint, Account>();
  readonly #channels = new Map<bigint, Box>();
  #groupsMade = 0n;

  constructor(env: DcEnv, layers: Layers, memory?: DcMemory) {
    this.env = env;
    this.memory = memory;
    this.#layers = layers;
    this.people = seededPeople(env);
    this.#registry = new Registry(this.people, env, memory);
    for (const group of seedGroups()) this.groups.set(peerKey(group), group);
    this.members = new GroupMembers(this.people, () => this.signedIn());
    this.logins = new Logins(env, memory, (id) => this.account(id));
    this.bots = new Bots(env);
    this.newSalting = { salt1: random(env, 8), salt2: random(env, 16) };
  }

  /** Notes an execution that must not happen twice, by the text it carries. */
  executed(text: string): void {
    this.ledger.set(text, (this.ledger.get(text) ?? 0) + 1);
  }

  // ---- people and groups ----

  /** Adds a person, under an id that nobody has unless one is given. */
  addPerson(fields: Omit<Person, 'id' | 'accessHash'>, id?: bigint): Person {
    return this.#registry.add(fields, id);
  }

  /** Keeps a person who has changed. */
  changed(person: Person): void {
    this.#registry.changed(person);
  }

  /** Adds a group, with nobody in it. */
  addGroup(fields: Pick<Group, 'kind' | 'title' | 'isBroadcast'> & { about?: string }): Group {
    const accessHash = fields.kind === 'chat' ? 0n : randomLong(this.env);
    const date = Math.floor(this.env.now() / 1000);
    const group: Group = { ...fields, id: FIRST_GROUP[fields.kind] + ++this.#groupsMade, accessHash, size: 0, date };
    this.groups.set(peerKey(group), group);
    if (group.kind === 'channel') this.#channels.set(group.id, new Box(group.id));
    return group;
  }

  /** The person or group of a username, in whatever case. */
  byUsername(username: string): Person | Group | undefined {
    const wanted = username.toLowerCase();
    for (const one of [...this.people.values(), ...this.groups.values()])
      if (one.username?.toLowerCase() === wanted) return one;
    return undefined;
  }

  byPhone(phone: string): Person | undefined {
    for (const person of this.people.values()) if (person.phone === phone) return person;
    return undefined;
  }

  isBot(userId: bigint): boolean {
    return this.people.get(userId)?.isBot === true;
  }

  /** A user's account; made, with its dialogs, when first asked for. */
  account(userId: bigint): Account {
    let account = this.#accounts.get(userId);
    if (account === undefined) {
      account = {
        userId,
        box: new Box(),
        keys: new Set(),
        read: new Map(),
        readByOthers: new Map(),
        reads: 0,
        dialogs: new Cans(4),
        randomIds: new Set(),
      };
      this.#accounts.set(userId, account);
      if (!this.isBot(userId)) fillAccount(this, account);
    }
    return account;
  }

  /** Signs a key in; see `Logins`. */
  signIn(key: KnownKey, userId: bigint, from?: KnownKey): void {
    this.logins.signIn(key, userId, from);
  }

  /** Signs a key out; see `Logins`. */
  signOut(key: KnownKey): void {
    this.logins.signOut(key);
  }

  /** The users with a key signed in. */
  *signedIn(): IterableIterator<bigint> {
    for (const account of this.#accounts.values()) if (account.keys.size > 0) yield account.userId;
  }

  // ---- messages ----

  /** A channel's messages; one of the seed's is filled when first asked for. */
  channelBox(id: bigint): Box {
    let box = this.#channels.get(id);
    if (box === undefined) {
      this.#channels.set(id, (box = new Box(id)));
      fillChannel(this, box, { kind: 'channel', id });
    }
    return box;
  }

  /** The box with an account's messages of a peer. */
  boxOf(account: Account, peer: PeerRef): Box {
    return peer.kind === 'channel' ? this.channelBox(peer.id) : account.box;
  }

  /** Writes a message into one box, as `owner` sees it, and adds the copy to `post`. `date` is in Unix seconds. */
  write(
    box: Box,
    owner: bigint,
    draft: Draft,
    date = Math.floor(this.env.now() / 1000),
    post: Post = { copies: [] },
  ): Written {
    const isPost = draft.to.kind === 'channel' && this.groups.get(peerKey(draft.to))?.isBroadcast === true;
    const message = copyOf(box, owner, draft, date, post, isPost);
    return { message, pts: box.pts };
  }

  /** A text that changes with everything that an account's dialogs show. */
  versionOf({ box, reads }: Account): string {
    let channels = 0;
    for (const channel of this.#channels.values()) channels += channel.pts;
    return `${box.pts} ${reads} ${channels} ${this.people.changes} ${this.members.changes} ${this.groups.size}`;
  }

  // ---- updates ----

  /** The sessions that a user's updates are pushed to. */
  *sessionsOf(userId: bigint): IterableIterator<ServerSession> {
    const keys = this.#accounts.get(userId)?.keys ?? [];
    const now = this.env.now();
    for (const key of keys)
      if (key.isForgotten) this.#accounts.get(userId)!.keys.delete(key);
      else if (key.importedFrom === undefined)
        // Only the home DC pushes updates: a key with an imported authorization gets none.
        for (const session of key.allSessions(now)) if (session.wantsUpdates) yield session;
  }

  /** Pushes an `Updates` object to a user's sessions but one; returns to how many. */
  push(userId: bigint, update: TlObject, except?: ServerSession): number {
    let count = 0;
    for (const session of this.sessionsOf(userId)) {
      if (session === except) continue;
      this.pushTo(session, update);
      count++;
    }
    return count;
  }

  /** Pushes an `Updates` object to one session, in its layer. */
  pushTo(session: ServerSession, update: TlObject): void {
    session.push(this.#layers.encodeUpdate(session.key.init?.layer, update));
    this.onPush();
  }
}
