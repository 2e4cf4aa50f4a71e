/**
 * World: the accounts, groups and messages that all DCs of a test share.
 * In: sign-ins, messages. Out: boxes, TL objects as one user sees them, updates to that user's sessions.
 * Never: a request's bytes; the rules of methods, which are in `answers/`.
 */
import type { DcSession } from '../dc-session.ts';
import type { Env } from '../env.ts';
import { random, randomLong } from '../env.ts';
import { Floods } from '../floods.ts';
import type { KnownKey } from '../known-key.ts';
import type { Layers } from '../layers.ts';
import type { Memory, PersonEntry } from '../memory.ts';
import type { Salting, SrpChallenge } from '../srp.ts';
import type { TlObject } from '../tl-value.ts';
import { Cans } from '../canned.ts';
import { Box } from './box.ts';
import { Expiring } from './expiring.ts';
import { Files } from './files.ts';
import { Password } from './password.ts';
import type { Group, PeerRef, Person } from './peers.ts';
import { chatObject, keyOf, peerObject, peerOf, userObject } from './peers.ts';
import { Draw, drawContent, SEED_ACCOUNTS, seedGroups, seedPeople } from './seed.ts';

/** What an account has beside its messages. */
export interface Account {
  readonly userId: bigint;
  readonly box: Box;
  /** Keys signed in to it, on whatever DC. */
  readonly keys: Set<KnownKey>;
  /** Read up to here, by peer. */
  readonly read: Map<string, number>;
  /** How often that has changed. */
  reads: number;
  /** Answers about its dialogs. */
  readonly dialogs: Cans;
  /** `random_id`s of messages sent. */
  readonly randomIds: Set<bigint>;
}

/** A message to be written down. */
export interface Draft {
  readonly from: bigint;
  readonly to: PeerRef;
  /** Its text, entities and the rest: fields of `message`. */
  readonly content: TlObject;
}

/** A message in a box, with the pts it brought the box to. */
export interface Written {
  readonly message: TlObject;
  readonly pts: number;
}

/** Why a call is sent to another DC: the X of `X_MIGRATE_5`. */
export type MoveKind = 'PHONE' | 'NETWORK' | 'USER' | 'FILE' | 'STATS';

/** An authorization on its way to another DC. */
export interface Ticket {
  readonly userId: bigint;
  readonly to: number;
  readonly from: KnownKey;
}

/** How a code gets to its user: the `X` of `auth.sentCodeTypeX`. */
export type CodeKind =
  | 'App'
  | 'Sms'
  | 'Call'
  | 'FlashCall'
  | 'MissedCall'
  | 'EmailCode'
  | 'SetUpEmailRequired'
  | 'FragmentSms'
  | 'FirebaseSms'
  | 'SmsWord'
  | 'SmsPhrase';

/** A code on its way. */
export interface SentCode {
  readonly phone: string;
  /** How it was sent last, and what comes next when it is asked for again. */
  readonly kinds: CodeKind[];
  /** Wrong ones tried. */
  wrong: number;
  /** Proved, but there is no account yet. */
  isRight: boolean;
}

/** What a QR code holds. */
export interface LoginToken {
  readonly token: Buffer;
  /** The key that showed it. */
  readonly key: KnownKey;
  /** Users it is not for. */
  readonly exceptIds: readonly bigint[];
  /** Who has accepted it. */
  userId: bigint | undefined;
}

/** An open question for a password. */
export interface Challenge {
  readonly userId: bigint;
  readonly password: Password;
  readonly challenge: SrpChallenge;
}

/** People by their id. Whoever changes one sets it anew. */
class People extends Map<bigint, Person> {
  changes = 0;

  override set(id: bigint, person: Person): this {
    this.changes++;
    return super.set(id, person);
  }
}

export class World {
  readonly people = new People();
  readonly groups = new Map<string, Group>();
  /** How long the echo thinks, in milliseconds. */
  echoMs = 300;
  /** How often each text was sent by `messages.sendMessage`, or told about oneself: the DC's book of executions. */
  readonly ledger = new Map<string, number>();
  /** How codes are sent: the first of them at once, the others when asked for again. */
  codeKinds: readonly CodeKind[] = ['Sms', 'Call'];
  readonly codes = new Expiring<SentCode>();
  /** Users by a token they got when they logged out. */
  readonly logOutTokens = new Expiring<bigint>();
  readonly loginTokens = new Expiring<LoginToken>();
  /** How long a QR code is good. */
  loginTokenMs = 30_000;
  readonly challenges = new Expiring<Challenge>();
  /** What salts of new passwords have to begin with. */
  readonly newSalting: Salting;
  readonly floods = new Floods();
  /** Authorizations exported and not imported yet. */
  readonly tickets = new Expiring<Ticket>();
  readonly files = new Files();
  /** The DC that has the statistics of channels; undefined: each. */
  statsDc: number | undefined;
  /** Sends calls to whatever DC a test likes, be it unknown or the one they came from: loops. */
  sendAway: ((kind: MoveKind, what: string, at: number) => number | undefined) | undefined;
  /** Told of each update that goes to a session. */
  onPush: () => void = () => {};
  readonly env: Env;
  /** Undefined: nothing outlives the process. */
  readonly memory: Memory | undefined;
  readonly #layers: Layers;
  readonly #accounts = new Map<bigint, Account>();
  readonly #channels = new Map<bigint, Box>();
  #nextPerson = 5_200_000_000n;

  constructor(env: Env, layers: Layers, memory?: Memory) {
    this.env = env;
    this.memory = memory;
    this.#layers = layers;
    for (const person of seedPeople()) this.people.set(person.id, person);
    for (const group of seedGroups()) this.groups.set(keyOf(group), group);
    const draw = new Draw(3);
    for (const { password, hint, ...fields } of SEED_ACCOUNTS) {
      const person: Person = { ...fields, accessHash: draw.long() };
      if (password !== undefined) person.password = Password.of(env, password, hint);
      this.people.set(person.id, person);
    }
    this.newSalting = { salt1: random(env, 8), salt2: random(env, 16) };
  }

  /** Notes an execution that must not happen twice, by the text it carries. */
  executed(text: string): void {
    this.ledger.set(text, (this.ledger.get(text) ?? 0) + 1);
  }

  // ---- accounts ----

  /** A new person. */
  addPerson(fields: Omit<Person, 'id' | 'accessHash'>, id: bigint = this.#freeId()): Person {
    const person: Person = { ...fields, id, accessHash: randomLong(this.env) };
    this.changed(person);
    return person;
  }

  #freeId(): bigint {
    while (this.people.has(++this.#nextPerson));
    return this.#nextPerson;
  }

  /** Somebody is new, or has changed. */
  changed(person: Person): void {
    this.memory?.keep(personEntry(person));
    this.people.set(person.id, person);
  }

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

  /** A person's account; made, with its dialogs, when first asked for. */
  account(userId: bigint): Account {
    let account = this.#accounts.get(userId);
    if (account === undefined) {
      account = {
        userId,
        box: new Box(),
        keys: new Set(),
        read: new Map(),
        reads: 0,
        dialogs: new Cans(4),
        randomIds: new Set(),
      };
      this.#accounts.set(userId, account);
      if (this.people.get(userId)?.isBot !== true) this.#fill(account);
    }
    return account;
  }

  /**
   * Signs a key in; a temporary one stands for the permanent one it is bound to, and for nobody without.
   * @param from the key whose authorization was carried here from another DC
   */
  signIn(key: KnownKey, userId: bigint, from?: KnownKey): void {
    if (key.isUnbound) return;
    this.signOut(key);
    const { identity } = key;
    identity.userId = userId;
    identity.signedInAt = this.env.now();
    identity.importedFrom = from;
    identity.pendingUserId = undefined;
    identity.isRevoked = false;
    this.account(userId).keys.add(identity);
    this.#keepUser(identity);
  }

  #keepUser(key: KnownKey): void {
    const { userId, importedFrom, isRevoked, signedInAt } = key;
    this.memory?.keep({
      what: 'user',
      ...key.ref,
      ...(userId === undefined ? {} : { user: userId }),
      at: signedInAt,
      ...(importedFrom === undefined ? {} : { from: importedFrom.ref }),
      ...(isRevoked ? { isRevoked } : {}),
    });
  }

  /** Signs out a key by the word of another session: it hears of that when it asks something. */
  revoke(key: KnownKey): void {
    this.signOut(key);
    key.identity.isRevoked = true;
    this.#keepUser(key.identity);
  }

  /** Signs out a key, and those at other DCs that have their authorization from it. */
  signOut(key: KnownKey): void {
    const { identity } = key;
    const keys = identity.userId === undefined ? undefined : this.#accounts.get(identity.userId)?.keys;
    keys?.delete(identity);
    identity.userId = undefined;
    if (keys !== undefined) this.#keepUser(identity);
    for (const other of keys ?? []) if (other.importedFrom === identity) this.signOut(other);
  }

  /** Users with a key signed in to them. */
  *signedIn(): IterableIterator<bigint> {
    for (const account of this.#accounts.values()) if (account.keys.size > 0) yield account.userId;
  }

  // ---- messages ----

  channelBox(id: bigint): Box {
    let box = this.#channels.get(id);
    if (box === undefined) {
      this.#channels.set(id, (box = new Box()));
      this.#fillChannel(box, { kind: 'channel', id });
    }
    return box;
  }

  /** Where an account keeps its messages with a peer. */
  boxOf(account: Account, peer: PeerRef): Box {
    return peer.kind === 'channel' ? this.channelBox(peer.id) : account.box;
  }

  /** Writes a message into one box, as `owner` sees it. */
  write(box: Box, owner: bigint, draft: Draft, date = Math.floor(this.env.now() / 1000)): Written {
    const isPost = draft.to.kind === 'channel' && this.groups.get(keyOf(draft.to))?.isBroadcast === true;
    // In a private chat the peer is the other one, whoever writes.
    const peer: PeerRef =
      draft.to.kind === 'user' && draft.from !== owner ? { kind: 'user', id: draft.from } : draft.to;
    const fromSomeone = draft.to.kind !== 'user' && !isPost;
    const message = box.add(keyOf(peer), (id) => ({
      ...draft.content,
      _: 'message',
      out: draft.from === owner && !isPost,
      post: isPost,
      id,
      ...(fromSomeone ? { from_id: peerObject({ kind: 'user', id: draft.from }) } : {}),
      peer_id: peerObject(peer),
      date,
      ...(isPost ? { views: 100 + id, forwards: id % 7 } : {}),
    }));
    return { message, pts: box.pts };
  }

  /** A message of a shared box as one user sees it. */
  seen(message: TlObject, viewer: bigint): TlObject {
    const from = message['from_id'] as TlObject | undefined;
    if (message._ !== 'message' || from === undefined || (message['peer_id'] as TlObject)._ !== 'peerChannel')
      return message;
    return { ...message, out: from['user_id'] === viewer };
  }

  /** `users` and `chats` that go with messages and peers. */
  mentioned(
    messages: readonly TlObject[],
    peers: readonly PeerRef[],
    viewer: bigint,
    dcId: number,
  ): { users: TlObject[]; chats: TlObject[] } {
    const wanted = new Map<string, PeerRef>([[keyOf({ kind: 'user', id: viewer }), { kind: 'user', id: viewer }]]);
    for (const peer of peers) wanted.set(keyOf(peer), peer);
    for (const message of messages)
      for (const field of [message['peer_id'], message['from_id']])
        if (field !== undefined) wanted.set(keyOf(peerOf(field as TlObject)), peerOf(field as TlObject));
    const users: TlObject[] = [];
    const chats: TlObject[] = [];
    for (const [key, peer] of wanted) {
      const person = peer.kind === 'user' ? this.people.get(peer.id) : undefined;
      const group = this.groups.get(key);
      if (person !== undefined) users.push(userObject(person, viewer, dcId));
      else if (group !== undefined) chats.push(chatObject(group, dcId));
    }
    return { users, chats };
  }

  /** Says something else after each change to what an account sees of its dialogs. */
  versionOf({ box, reads }: Account): string {
    let channels = 0;
    for (const channel of this.#channels.values()) channels += channel.pts;
    return `${box.pts} ${reads} ${channels} ${this.people.changes}`;
  }

  // ---- updates ----

  /** Sessions that hear of updates for a user. */
  *sessionsOf(userId: bigint): IterableIterator<DcSession> {
    const keys = this.#accounts.get(userId)?.keys ?? [];
    const now = this.env.now();
    for (const key of keys)
      if (key.isForgotten) this.#accounts.get(userId)!.keys.delete(key);
      else if (key.importedFrom === undefined)
        // Updates come from the home DC alone.
        for (const session of key.allSessions(now)) if (session.wantsUpdates) yield session;
  }

  /** Pushes an `Updates` object to a user's sessions but one; the answer is to how many. */
  push(userId: bigint, update: TlObject, except?: DcSession): number {
    let count = 0;
    for (const session of this.sessionsOf(userId)) {
      if (session === except) continue;
      this.pushTo(session, update);
      count++;
    }
    return count;
  }

  pushTo(session: DcSession, update: TlObject): void {
    session.push(this.#layers.encodeUpdate(session.key.init?.layer, update));
    this.onPush();
  }

  // ---- the beginning of things ----

  /** Twenty dialogs: everybody and every group of the seed. */
  #fill(account: Account): void {
    const draw = new Draw(Number(account.userId & 0xffffffffn));
    const others = [...seedPeople()].filter((person) => person.id !== account.userId);
    const peers: PeerRef[] = [...others.map((person): PeerRef => ({ kind: 'user', id: person.id })), ...seedGroups()];
    let date = Math.floor(this.env.now() / 1000) - 3_000_000;
    for (const peer of peers) {
      if (peer.kind === 'channel') {
        this.channelBox(peer.id);
        continue;
      }
      for (let left = 2 + draw.below(4); left > 0; left--) {
        const from = peer.kind === 'chat' ? draw.one(others).id : draw.below(3) === 0 ? account.userId : peer.id;
        const to: PeerRef = peer.kind === 'user' && from === peer.id ? { kind: 'user', id: account.userId } : peer;
        this.write(
          account.box,
          account.userId,
          { from, to, content: drawContent(draw) },
          (date += 1_000 + draw.below(20_000)),
        );
      }
      account.read.set(keyOf(peer), account.box.top(keyOf(peer)) - draw.below(3));
    }
  }

  #fillChannel(box: Box, to: PeerRef): void {
    const draw = new Draw(Number(to.id & 0xffffffffn));
    const people = seedPeople();
    let date = Math.floor(this.env.now() / 1000) - 2_000_000;
    for (let left = 6 + draw.below(6); left > 0; left--)
      this.write(
        box,
        0n,
        { from: draw.one(people).id, to, content: drawContent(draw) },
        (date += 10_000 + draw.below(80_000)),
      );
  }
}

function personEntry({ password, ...person }: Person): PersonEntry {
  if (password === undefined) return { what: 'person', id: person.id, person };
  const { salt1, salt2, hint, verifier } = password;
  return { what: 'person', id: person.id, person, password: { salt1, salt2, hint, verifier } };
}
