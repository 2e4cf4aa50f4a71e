/**
 * People: who there is in the test world, by id, by name, by phone.
 * In: records of people. Out: them again. Never: what they have written.
 */
import type { DcEnv } from '../env.ts';
import { randomLong } from '../env.ts';
import type { DcMemory, PersonEntry } from '../memory/memory.ts';
import { Password } from './password.ts';
import type { Person } from './peers.ts';
import { Draw, SEED_ACCOUNTS, seedPeople } from './seed.ts';

/** Whoever changes a person sets it anew. */
export class People extends Map<bigint, Person> {
  changes = 0;

  override set(id: bigint, person: Person): this {
    this.changes++;
    return super.set(id, person);
  }
}

/** Those of the seed. */
export function seededPeople(env: DcEnv): People {
  const people = new People();
  for (const person of seedPeople()) people.set(person.id, person);
  const draw = new Draw(3);
  for (const { password, hint, ...fields } of SEED_ACCOUNTS) {
    const person: Person = { ...fields, accessHash: draw.long() };
    if (password !== undefined) person.password = Password.of(env, password, hint);
    people.set(person.id, person);
  }
  return people;
}

/** Gives out ids that nobody has. */
export class Registry {
  readonly #people: People;
  readonly #env: DcEnv;
  readonly #memory: DcMemory | undefined;
  #nextId = 5_200_000_000n;

  constructor(people: People, env: DcEnv, memory: DcMemory | undefined) {
    this.#people = people;
    this.#env = env;
    this.#memory = memory;
  }

  /** A new person. */
  add(fields: Omit<Person, 'id' | 'accessHash'>, id: bigint = this.#freeId()): Person {
    const person: Person = { ...fields, id, accessHash: randomLong(this.#env) };
    this.changed(person);
    return person;
  }

  #freeId(): bigint {
    while (this.#people.has(++this.#nextId));
    return this.#nextId;
  }

  /** Somebody is new, or has changed. */
  changed(person: Person): void {
    this.#memory?.keep(personEntry(person));
    this.#people.set(person.id, person);
  }
}

function personEntry({ password, ...person }: Person): PersonEntry {
  if (password === undefined) return { what: 'person', id: person.id, person };
  const { salt1, salt2, hint, verifier } = password;
  return { what: 'person', id: person.id, person, password: { salt1, salt2, hint, verifier } };
}
