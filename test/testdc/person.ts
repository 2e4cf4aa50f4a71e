/**
 * Person: somebody signed in to a test DC, user or bot, for tests of what one does and the other hears.
 * In: a test DC, a name or a token. Out: calls, and the updates that come, each given out once. Never: a second try.
 */
import assert from 'node:assert/strict';
import { Reader } from '../../src/bytes/reader.ts';
import { AuthKey } from '../../src/crypto/auth-key.ts';
import type { TestDc } from '../../src/testdc/test-dc.ts';
import type { TlObject, TlValue } from '../../src/testdc/tl/tl-value.ts';
import { codec, RawClient } from '../support/raw-client.ts';
import { NEAREST } from './support.ts';

/** What is read out of answers: fields that a test knows to be there. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any;

const UPDATES = ['updates', 'updateShort', 'updateShortMessage'].map((name) => codec.schema.byName.get(name)!.crc);

export class Person {
  readonly client: RawClient;
  readonly id: bigint;
  readonly accessHash: bigint;
  readonly #taken = new Set<TlObject>();
  readonly #decoded = new Map<number, TlObject[]>();
  #randomId = 0n;

  private constructor(client: RawClient, id: bigint, accessHash: bigint) {
    this.client = client;
    this.id = id;
    this.accessHash = accessHash;
  }

  /** A new user of that name. */
  static async user(dc: TestDc, firstName: string): Promise<Person> {
    const made = dc.demoUser({ firstName });
    const client = await RawClient.connect(dc.port());
    client.authKey = AuthKey.from(made.authKey);
    client.sessionId = made.sessionId;
    client.salt = made.salt;
    await client.call(NEAREST);
    return new Person(client, made.userId, dc.world.people.get(made.userId)!.accessHash);
  }

  /** A bot with that token. */
  static async bot(dc: TestDc, token: string): Promise<Person> {
    const client = await RawClient.connect(dc.port());
    await client.makeKey({ pem: dc.publicKeyPem });
    await client.init(NEAREST);
    const signIn = { _: 'auth.importBotAuthorization', flags: 0, api_id: 1, api_hash: 'x', bot_auth_token: token };
    const { user } = (await client.call(signIn)) as { user: TlObject } & TlObject;
    return new Person(client, user['id'] as bigint, user['access_hash'] as bigint);
  }

  get peer(): TlObject {
    return { _: 'inputPeerUser', user_id: this.id, access_hash: this.accessHash };
  }

  get input(): TlObject {
    return { _: 'inputUser', user_id: this.id, access_hash: this.accessHash };
  }

  async call(method: string, fields: Record<string, TlValue> = {}): Promise<Loose> {
    return await this.client.call({ _: method, ...fields });
  }

  randomId(): bigint {
    return ++this.#randomId;
  }

  /** Sends a text; the answer is the id it has in the sender's box. */
  async write(peer: TlObject, message: string, fields: Record<string, TlValue> = {}): Promise<number> {
    return idOf(await this.call('messages.sendMessage', { peer, message, random_id: this.randomId(), ...fields }));
  }

  async refuses(method: string, fields: Record<string, TlValue>, code: number, message: string): Promise<void> {
    await assert.rejects(this.call(method, fields), { message, code });
  }

  /** The next update of that kind that nobody has taken; what came before it stays. */
  async hears(kind: string, test: (update: Loose) => boolean = () => true): Promise<Loose> {
    const update = await this.client.until(() =>
      this.#all().find((one) => one._ === kind && !this.#taken.has(one) && test(one)),
    );
    this.#taken.add(update);
    return update;
  }

  /** Whether an update of that kind is there that nobody has taken. */
  hasHeard(kind: string): boolean {
    return this.#all().some((one) => one._ === kind && !this.#taken.has(one));
  }

  #all(): TlObject[] {
    return this.client.came.flatMap((came, i) => {
      if (!UPDATES.includes(came.crc)) return [];
      let list = this.#decoded.get(i);
      if (list === undefined) this.#decoded.set(i, (list = inside(codec.decode(new Reader(came.body)))));
      return list;
    });
  }

  /** Everything after a pts, and how far that goes. */
  async difference(pts: number): Promise<Loose> {
    return await this.call('updates.getDifference', { pts, date: 0, qts: 0 });
  }

  async pts(): Promise<number> {
    return (await this.call('updates.getState')).pts;
  }
}

function inside(object: TlObject): TlObject[] {
  if (object._ === 'updates') return object['updates'] as TlObject[];
  return [(object['update'] as TlObject | undefined) ?? object];
}

/** Id of the message an answer tells of. */
export function idOf(answer: Loose): number {
  return answer.id ?? answer.updates.find((one: Loose) => one._ === 'updateMessageID').id;
}
